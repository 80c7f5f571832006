"""Days and periods of a subscription: half-open [start, end) in whole days of Europe/Amsterdam.

The anchor day is kept: who starts on the 31st pays on the last day of a short month and on the 31st again after it.
Adding a month to the former end instead would drift to the 28th for ever.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from decimal import Decimal

from billing.money import round_cents
from billing.plans import MONTH, YEAR

MONTHS: dict[str, int] = {MONTH: 1, YEAR: 12}


def add_months(day: date, months: int, *, anchor_day: int) -> date:
    """Return the anchor day in the month that is `months` after `day`'s, or that month's last day."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(anchor_day, monthrange(year, month + 1)[1]))


def period_end(start: date, interval: str, *, anchor_day: int) -> date:
    """Return the first day after a period of one month or year that starts on `start`."""
    return add_months(start, MONTHS[interval], anchor_day=anchor_day)


def used_cents(net_cents: int, *, start: date, end: date, on: date) -> int:
    """Return the part of a period's price for the days before `on`, rounded half up.

    Args: net_cents: price of all of [start, end); on: first day that no longer counts, clamped to the period.
    """
    days = (end - start).days
    if days <= 0:
        raise ValueError("an empty period has no price")
    used = min(max((on - start).days, 0), days)
    return round_cents(Decimal(net_cents) * used / days)


def unused_cents(net_cents: int, *, start: date, end: date, on: date) -> int:
    """Return the rest of a period's price from `on`: price less what was used, never rounded by itself."""
    return net_cents - used_cents(net_cents, start=start, end=end, on=on)
