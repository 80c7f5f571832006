"""What Webanizr sells: the plans, their prices in cents ex VAT, and what each allows. No database, no people.

A price change is a new row here; a running subscription keeps the price it was sold for until its period ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Interval = Literal["month", "year"]
MONTH: Interval = "month"
YEAR: Interval = "year"
MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """What a plan allows; read it through `billing.selectors.limits_of`, which knows the account's plan.

    Args: sites, custom_domains, members: most at one time; submissions: most that the inbox shows, older ones are
    kept and come back with a larger plan; upload_bytes: of one file that a visitor sends; storage_bytes: of all files.
    """

    sites: int
    custom_domains: int
    submissions: int
    members: int
    upload_bytes: int
    storage_bytes: int


@dataclass(frozen=True)
class Plan:
    """One plan. Prices in cents ex VAT for a whole month or year; 0 for the free one."""

    code: str
    name: str | Promise
    month_cents: int
    year_cents: int
    limits: Limits
    terms: bool = False  # a business may be invoiced first and pay within the term

    def price(self, interval: str) -> int:
        """Return the price in cents ex VAT of one month or one year; raises ValueError for another interval."""
        if interval not in (MONTH, YEAR):
            raise ValueError(f"{interval!r} is no interval")
        return self.year_cents if interval == YEAR else self.month_cents

    @property
    def paid(self) -> bool:
        """Whether it costs something."""
        return self.year_cents > 0

    @property
    def rank(self) -> int:
        """Its place among the plans: a higher one is an upgrade."""
        return list(PLANS).index(self.code)


FREE = Plan(
    code="free",
    name=_("Free"),
    month_cents=0,
    year_cents=0,
    limits=Limits(
        sites=1,
        custom_domains=0,
        submissions=100,
        members=2,
        upload_bytes=5 * MEGABYTE,
        storage_bytes=100 * MEGABYTE,
    ),
)
PLUS = Plan(
    code="plus",
    name="Plus",
    month_cents=1200,
    year_cents=12000,
    limits=Limits(
        sites=1,
        custom_domains=1,
        submissions=5_000,
        members=3,
        upload_bytes=25 * MEGABYTE,
        storage_bytes=5_000 * MEGABYTE,
    ),
)
BUSINESS = Plan(
    code="business",
    name=_("Business"),
    month_cents=2900,
    year_cents=29000,
    limits=Limits(
        sites=5,
        custom_domains=5,
        submissions=50_000,
        members=15,
        upload_bytes=25 * MEGABYTE,
        storage_bytes=50_000 * MEGABYTE,
    ),
    terms=True,
)
PLANS: dict[str, Plan] = {plan.code: plan for plan in (FREE, PLUS, BUSINESS)}
