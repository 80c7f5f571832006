"""Django's entry to this application."""

from django.apps import AppConfig


class PrivacyConfig(AppConfig):
    """Settings of the application "privacy"."""

    name = "privacy"
    label = "privacy"

    def ready(self) -> None:
        """Register the checks and every application's processors; tell the vault whom to ask about staff."""
        from django.utils.module_loading import autodiscover_modules

        from privacy import checks, gate  # noqa: F401  # checks register on import
        from webanizr.core import vault

        vault.guard_sessions(gate.may_open)
        autodiscover_modules("processors")
