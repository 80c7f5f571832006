"""British dates with a 24-hour clock: opening hours and logs are read side by side with Dutch ones."""

TIME_FORMAT = "H:i"
DATETIME_FORMAT = "j M Y, H:i"
SHORT_DATETIME_FORMAT = "d/m/Y H:i"
