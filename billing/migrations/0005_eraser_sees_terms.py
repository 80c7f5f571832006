"""The eraser says until when an account's invoices are kept: it may see their term and how they were taxed."""

from django.db import migrations

from webanizr.core.tenancy import ChangeRules, Rule

UNLINKED = "coalesce(customer_id, current_account_id()) = current_account_id()"


def sees(columns: str) -> list[Rule]:
    """Return what the eraser sees of an invoice."""
    return [Rule("eraser", "SELECT", using=UNLINKED, columns={"SELECT": columns})]


class Migration(migrations.Migration):
    """One rule of one login."""

    dependencies = [("billing", "0004_protect_books")]
    operations = [
        ChangeRules(
            "billing_invoice",
            sees("id, customer_id, retain_until, treatment"),
            before=sees("id, customer_id"),
        )
    ]
