"""Django's entry to this application."""

from django.apps import AppConfig


class BillingConfig(AppConfig):
    """Settings of the application "billing"."""

    name = "billing"
    label = "billing"

    def ready(self) -> None:
        """Register the system checks, and what the law keeps of an erased account."""
        from billing import erasing, seller  # noqa: F401  # checks register on import
        from privacy.erasure import hooks

        hooks.HOLDS["invoices"] = erasing.invoices_kept
