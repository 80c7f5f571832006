"""Django's entry to this application."""

from django.apps import AppConfig


class PrivacyConfig(AppConfig):
    """Settings of the application "privacy"."""

    name = "privacy"
    label = "privacy"

    def ready(self) -> None:
        """Register the system checks, and every application's processors (`processors.py`)."""
        from django.utils.module_loading import autodiscover_modules

        from privacy import checks  # noqa: F401  # registers on import

        autodiscover_modules("processors")
