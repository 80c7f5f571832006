"""Django's entry to this application."""

from django.apps import AppConfig


class BillingConfig(AppConfig):
    """Settings of the application "billing"."""

    name = "billing"
    label = "billing"

    def ready(self) -> None:
        """Register the system checks."""
        from billing import seller  # noqa: F401  # registers on import
