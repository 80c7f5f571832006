"""Who sends the invoices and where customers pay: from the settings, checked at start-up."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Warning, register
from stdnum import iban as ibans
from stdnum.eu import vat

from billing.einvoice.model import Party

DOCS = "docs/billing.md"


def seller() -> Party:
    """Return ourselves as a party of an invoice."""
    own = settings.SELLER
    return Party(own["name"], own["street"], own["postcode"], own["city"], "NL", own["vat_id"], own["kvk"])


def iban() -> str:
    """Return the IBAN that customers pay to, without blanks."""
    return str(settings.SELLER["iban"])


def bic() -> str:
    """Return that account's BIC."""
    return str(settings.SELLER["bic"])


def account_name() -> str:
    """Return the name in which that account stands: banks compare it with what the payer types."""
    return str(settings.SELLER["name"])


def problems() -> list[str]:
    """Return the settings without which no lawful invoice or payment request can be made."""
    own = settings.SELLER
    checks = {
        "SELLER_IBAN": ibans.is_valid(own["iban"]),
        "SELLER_VAT_ID": vat.is_valid(own["vat_id"]),
        "SELLER_KVK": len(own["kvk"]) == 8 and own["kvk"].isdigit(),
    }
    return [name for name, good in checks.items() if not good]


@register()
def seller_is_known(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Say at start-up that nothing can be sold: the services themselves refuse to sell then."""
    wrong = problems() if settings.SERVICE in ("app", "staff", "worker") else []
    if not wrong:
        return []
    return [
        Warning(
            f"Nothing can be sold: {', '.join(wrong)} is missing or wrong.",
            hint=f"Set the company's own details in the environment. See {DOCS}.",
            id="billing.W001",
        )
    ]
