"""Dutch dates as Django gives them, with the time after a comma."""

DATETIME_FORMAT = "j F Y, H:i"
