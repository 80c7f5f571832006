"""What a plan costs an account: price, VAT treatment and rate, as lines."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from billing.einvoice.model import Party
from billing.models import BillingProfile
from billing.money import Line, Totals, one, totals
from billing.plans import PLANS, YEAR
from billing.selectors import rate_of
from billing.vat import Treatment, decide


@dataclass(frozen=True)
class Quote:
    """Lines with their VAT."""

    lines: tuple[Line, ...]
    totals: Totals
    treatment: Treatment
    rate: Decimal


def treatment_of(profile: BillingProfile) -> Treatment:
    """Return how a sale to this customer is taxed."""
    return decide(
        country=profile.country,
        business=profile.business,
        vat_id_verified=bool(profile.vat_id) and profile.vat_check == BillingProfile.VatCheck.VALID,
        oss=settings.BILLING_OSS,
    )


def buyer_of(profile: BillingProfile) -> Party:
    """Return the customer as a party of an invoice."""
    return Party(
        profile.name,
        profile.street,
        profile.postcode,
        profile.city,
        profile.country,
        profile.vat_id if profile.business else "",
        profile.kvk if profile.business else "",
        profile.business,
    )


def span(start: date, end: date) -> str:
    """Return "24 November 2026 up to and including 23 November 2027" of a half-open period."""
    return _("%(start)s up to and including %(end)s") % {
        "start": date_format(start, "j F Y"),
        "end": date_format(end - timedelta(days=1), "j F Y"),
    }


def quote(
    profile: BillingProfile,
    *,
    plan: str,
    interval: str,
    net_cents: int,
    start: date,
    end: date,
    now: date,
    unused: dict[str, Any] | None = None,
) -> Quote:
    """Return the lines of one period of a plan.

    Args: net_cents: the agreed price; start, end: half-open; unused: {"plan", "cents", "start", "end"} of the former
    plan, which becomes a line that takes it off; now: whose VAT rate holds.
    """
    treatment = treatment_of(profile)
    rate = rate_of(treatment.country, now) if treatment.taxed else Decimal(0)
    shape: dict[str, Any] = {"category": treatment.category, "rate": rate}
    words = _("Webanizr %(plan)s, 1 year") if interval == YEAR else _("Webanizr %(plan)s, 1 month")
    last = end - timedelta(days=1)
    lines = [
        one(
            words % {"plan": PLANS[plan].name},
            net_cents,
            description=span(start, end),
            start=start,
            end=last,
            **shape,
        )
    ]
    if unused and unused["cents"]:
        first, until = date.fromisoformat(unused["start"]), date.fromisoformat(unused["end"])
        lines.append(
            one(
                _("Unused days of %(plan)s") % {"plan": PLANS[unused["plan"]].name},
                unused["cents"],
                quantity=-1,
                description=span(first, until),
                **shape,
            )
        )
    return Quote(tuple(lines), totals(lines), treatment, rate)
