"""Django's entry to this application."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Settings of the application "accounts"."""

    name = "accounts"
    label = "accounts"

    def ready(self) -> None:
        """Register the system checks."""
        from accounts import checks  # noqa: F401  # registers on import
