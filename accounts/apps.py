"""Django's entry to this application."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Settings of the application "accounts"."""

    name = "accounts"
    label = "accounts"

    def ready(self) -> None:
        """Register the system checks, and what accounts add to an erasure."""
        from accounts import checks, erasing  # noqa: F401  # checks register on import
        from privacy.erasure import hooks

        hooks.REFUSALS.append(erasing.refuse)
