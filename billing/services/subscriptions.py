"""Changing an account's subscription. Each change tells who must know that an account pays, or no longer does."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from django.utils import timezone

from accounts.models import User
from accounts.services import audit
from billing import paying
from billing.models import Subscription
from billing.plans import FREE, PLANS
from billing.selectors import is_paying
from webanizr.core import tenancy


@contextmanager
def changing(account_id: uuid.UUID, *, now: date | None = None) -> Iterator[Subscription]:
    """Yield the account's subscription, locked (a new one if it has none); save it after, and announce what changed.

    Runs in the account's context, inside the caller's transaction.
    """
    found = Subscription.objects.select_for_update().filter(account_id=account_id).first()
    before = (is_paying(found, on=now), found.plan if found else FREE.code)
    subscription = found or Subscription(account_id=account_id)
    yield subscription
    subscription.changed_at = timezone.now()
    subscription.save()
    if (is_paying(subscription, on=now), subscription.plan) != before:
        paying.announce()


def set_by_staff(
    *, account_id: uuid.UUID, plan: str, interval: str, paid_until: date | None, actor: User, now: date
) -> Subscription:
    """Put an account on a plan by hand, paid until (and without) a day; "free" ends the subscription at once.

    For arrangements that no invoice of ours knows. Args: plan: code of `billing.plans`; interval: month or year.
    """
    with tenancy.tenant(account_id, user_id=actor.pk), changing(account_id, now=now) as subscription:
        chosen = PLANS[plan]
        subscription.plan, subscription.interval = plan, interval
        subscription.net_cents = chosen.price(interval)
        subscription.state = Subscription.State.ACTIVE if chosen.paid else Subscription.State.FREE
        subscription.paid_until = paid_until if chosen.paid else None
        subscription.period_start = (subscription.period_start or now) if chosen.paid else None
        subscription.period_end = paid_until if chosen.paid else None
        subscription.anchor_day = (subscription.period_start or now).day
        subscription.next_plan = subscription.next_interval = ""
        audit.record("subscription.set_by_staff", actor_id=actor.pk, target_id=subscription.id)
    return subscription
