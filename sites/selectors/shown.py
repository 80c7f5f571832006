"""How far back the inbox shows: the newest messages, as many as the plan allows. Older ones are kept.

The list and its counts follow it. What people have a right to doesn't: everything about one person, exports and erasing
reach every message, whatever the plan (promises 08 and 12).
"""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass
from datetime import datetime

from django.core.cache import cache
from django.db.models import QuerySet

from billing.selectors import plan_of
from sites.models import Submission
from webanizr.core import tenancy

SECONDS = 60  # what came in since then may show beyond the limit
COUNTED = 1000


@dataclass(frozen=True)
class Shown:
    """Args: since: when the oldest message that shows came in, None when all do; hidden: how many older ones there
    are, COUNTED at most; most: the plan's limit; plan: its name.
    """

    since: datetime | None
    hidden: int
    most: int
    plan: str


_moment: dict[uuid.UUID, tuple[float, Shown]] = {}  # for a second: one page asks some five times


def shown() -> Shown:
    """Return how far back the current account's inbox shows; looked up once a minute."""
    account = tenancy.current_account_id()
    until, known = _moment.get(account) or (0.0, None)
    if known is None or until < time.monotonic():
        known = cache.get(_key())
        if known is None:
            known = _look_up()
            cache.set(_key(), known, SECONDS)
        if len(_moment) > 1000:
            _moment.clear()
        _moment[account] = time.monotonic() + 1, known
    return known


def forget() -> None:
    """Look it up again next time: the plan was changed."""
    _moment.pop(tenancy.current_account_id(), None)
    cache.delete(_key())


def within(rows: QuerySet[Submission], folder: str) -> QuerySet[Submission]:
    """Narrow rows of a folder down to those that show; the trash shows all it has."""
    since = shown().since
    return rows if since is None or folder == "trash" else rows.filter(received_at__gte=since)


def _key() -> str:
    return f"shown:{tenancy.current_account_id()}"


def _look_up() -> Shown:
    plan = plan_of(tenancy.current_account_id())
    most = plan.limits.submissions
    rows = Submission.objects.filter(deleted_at=None, quarantined=False).order_by("-received_at", "-id")
    edge = list(rows.values_list("received_at", flat=True)[most - 1 : most + 1])
    if len(edge) < 2:
        return Shown(None, 0, most, str(plan.name))
    hidden = rows.filter(received_at__lt=edge[0])[:COUNTED].count()
    return Shown(edge[0] if hidden else None, hidden, most, str(plan.name))
