"""Amounts in words that people read, in the active language."""

from __future__ import annotations

from decimal import Decimal

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from billing.money import euros


def amount(cents: int) -> str:
    """Return "€ 1.234,50" in Dutch, "€ 1,234.50" in English."""
    return f"€ {number_format(euros(cents), decimal_pos=2, use_l10n=True, force_grouping=True)}"


def unit_price(price: Decimal) -> str:
    """Return a price in euros with two decimals, or as many as it has: "€ 3,3333"."""
    decimals = max(2, -int(price.normalize().as_tuple().exponent))
    return f"€ {number_format(price, decimal_pos=decimals, use_l10n=True, force_grouping=True)}"


def short_amount(cents: int) -> str:
    """Return "€ 120" for whole euros, else the same as `amount`."""
    return amount(cents) if cents % 100 else f"€ {number_format(cents // 100, use_l10n=True, force_grouping=True)}"


def line_state(state: str) -> str:
    """Return what became of a bank line, in words."""
    return {
        "matched": _("Recognised, being booked"),
        "booked": _("Booked"),
        "suggested": _("To look at: proposal"),
        "unmatched": _("To look at: nothing recognised"),
        "ignored": _("No payment of a customer"),
        "refunded": _("Paid back"),
    }[state]
