"""Reads of billing: which plan counts for an account, what it allows, whether it pays."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone

from billing.models import Subscription
from billing.plans import FREE, PLANS, Limits, Plan

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
GRACE_DAYS = 3  # after an invoice's term, before the subscription is past due

State = Subscription.State


def today() -> date:
    """Return the day in Amsterdam: billing counts in its whole days."""
    return timezone.now().astimezone(AMSTERDAM).date()


def subscription_of(account_id: uuid.UUID) -> Subscription | None:
    """Return the account's subscription; None for one that never bought anything. Runs in the account's context."""
    return Subscription.objects.filter(account_id=account_id).first()


def plan_of(account_id: uuid.UUID) -> Plan:
    """Return the plan whose limits count now: the free one unless a subscription is active or past due."""
    return effective_plan(subscription_of(account_id))


def effective_plan(subscription: Subscription | None) -> Plan:
    """Return the plan that a subscription gives now; a suspended one gives the free plan's limits."""
    if subscription is None or subscription.state not in (State.ACTIVE, State.PAST_DUE):
        return FREE
    return PLANS[subscription.plan]


def limits_of(account_id: uuid.UUID) -> Limits:
    """Return what the account may do: the only place that limits are read from. Runs in the account's context."""
    return plan_of(account_id).limits


def is_paying(subscription: Subscription | None, *, on: date | None = None) -> bool:
    """Whether this is an active, paying customer (promise 03): active, a price above zero, and paid up to `on`.

    A renewal may be GRACE_DAYS late. The SQL function `billing_is_paying` says the same to views.
    """
    if subscription is None or subscription.state != State.ACTIVE or subscription.net_cents <= 0:
        return False
    paid_until = subscription.paid_until
    return paid_until is not None and paid_until > (on or today()) - timedelta(days=GRACE_DAYS)
