"""Django's entry to this application."""

from django.apps import AppConfig


class BillingConfig(AppConfig):
    """Settings of the application "billing"."""

    name = "billing"
    label = "billing"

    def ready(self) -> None:
        """Register the system checks, what the law keeps, what menus know, and how many people a plan has room for."""
        from accounts import room
        from billing import erasing, purpose, seller  # noqa: F401  # checks register on import
        from billing.plans import PLANS
        from billing.selectors import in_billing_team
        from billing.services import limits
        from privacy import export, words
        from privacy.erasure import hooks
        from webanizr.core import context

        room.CHECKS.append(limits.take_member)
        words.name_codes("plan", {code: plan.name for code, plan in PLANS.items()})
        hooks.HOLDS["invoices"] = erasing.invoices_kept
        export.PURPOSES.append(purpose.billing)  # an owner sees what we hold of them (article 15 GDPR)
        context.PROVIDERS["billing_team"] = in_billing_team
