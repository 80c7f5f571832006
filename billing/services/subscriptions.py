"""What a customer does with a subscription: upgrade, change, cancel, resume, withdraw. Each change is announced.

Invoices and credit notes are the worker's work: these functions change the subscription and leave an outbox row.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import audit
from billing import paying, purpose
from billing.models import Subscription
from billing.periods import add_months, period_end, unused_cents
from billing.plans import FREE, PLANS, YEAR
from billing.selectors import effective_plan, invoices_of, is_paying, profile_of
from billing.services import notices
from billing.services.errors import BillingError
from webanizr.core import outbox, tenancy

WITHDRAWAL_DAYS = 14  # art. 6:230o BW
State = Subscription.State
RUNNING = (State.ACTIVE, State.PAST_DUE)


@contextmanager
def changing(account_id: uuid.UUID, *, now: date | None = None) -> Iterator[Subscription]:
    """Yield the account's subscription, locked (a new one if it has none); save it after, and announce what changed.

    Runs in the account's context, inside the caller's transaction.
    """
    found = Subscription.objects.select_for_update().filter(account_id=account_id).first()
    before = (is_paying(found, on=now), effective_plan(found))
    subscription = found or Subscription(account_id=account_id)
    yield subscription
    subscription.changed_at = timezone.now()
    subscription.save()
    if (is_paying(subscription, on=now), effective_plan(subscription)) != before:
        paying.announce()


def begin(subscription: Subscription, *, plan: str, interval: str, net_cents: int, now: date) -> None:
    """Start a first period today: its day of the month becomes the anchor."""
    _start_period(subscription, plan=plan, interval=interval, net_cents=net_cents, now=now)
    subscription.state = State.ACTIVE
    subscription.contracted_on = now
    subscription.first_term_end = subscription.period_end
    subscription.ends_on = subscription.suspended_on = subscription.withdrawn_on = None
    subscription.unused = None


def _start_period(subscription: Subscription, *, plan: str, interval: str, net_cents: int, now: date) -> None:
    subscription.plan, subscription.interval, subscription.net_cents = plan, interval, net_cents
    subscription.anchor_day = now.day
    subscription.period_start = now
    subscription.period_end = period_end(now, interval, anchor_day=now.day)
    subscription.next_plan = subscription.next_interval = ""


def end(subscription: Subscription) -> None:
    """Go back to the free plan; nothing of the account is deleted."""
    subscription.state, subscription.plan, subscription.net_cents = State.FREE, FREE.code, 0
    subscription.next_plan = subscription.next_interval = ""
    subscription.paid_until = subscription.ends_on = subscription.unused = None


def upgrade(*, account_id: uuid.UUID, plan: str, interval: str, actor: User, now: date) -> Subscription:
    """Move to a larger plan at once: a new period starts today, and the invoice takes off the unused days.

    Raises BillingError.
    """
    with purpose.tenant(account_id, user_id=actor.pk):
        with changing(account_id, now=now) as subscription:
            chosen = PLANS.get(plan)
            if subscription.state != State.ACTIVE or chosen is None or chosen.rank <= PLANS[subscription.plan].rank:
                raise BillingError(_("Only an active plan can be exchanged for a larger one."))
            if subscription.interval == YEAR and interval != YEAR:
                raise BillingError(_("You pay by the year: choose the larger plan by the year as well."))
            start, until = subscription.period_start, subscription.period_end
            assert start is not None
            if profile_of(account_id) is None:
                raise BillingError(_("Fill in the details for on the invoice first."))
            assert until is not None
            invoiced = subscription.invoiced_until
            if subscription.unused or invoiced is None or invoiced < until:
                raise BillingError(_("Your last invoice is still being made. Try again in a few minutes."))
            if any(row.overdue(now) for row in invoices_of(account_id)):
                raise BillingError(_("Pay the invoice that is open first; then you can move to a larger plan at once."))
            cents = unused_cents(subscription.net_cents, start=start, end=until, on=now)
            former = {"plan": subscription.plan, "cents": cents, "start": now.isoformat(), "end": until.isoformat()}
            if invoiced > until:
                outbox.add("billing.tasks.credit_ahead", period_start=until.isoformat())
            _start_period(subscription, plan=plan, interval=interval, net_cents=chosen.price(interval), now=now)
            subscription.unused = former
            subscription.invoiced_until = None
            subscription.ends_on = None
        outbox.add("billing.tasks.invoice_account")
        audit.record("subscription.upgraded", actor_id=actor.pk, target_id=subscription.id)
    return subscription


def schedule(*, account_id: uuid.UUID, plan: str, interval: str, actor: User, now: date) -> Subscription:
    """Let another plan or interval hold from the next period on; choosing the present ones takes that back.

    Raises BillingError.
    """
    with purpose.tenant(account_id, user_id=actor.pk):
        with changing(account_id, now=now) as subscription:
            chosen = PLANS.get(plan)
            if subscription.state not in RUNNING or chosen is None or not chosen.paid:
                raise BillingError(_("Only a running plan can be changed."))
            chosen.price(interval)
            same = (plan, interval) == (subscription.plan, subscription.interval)
            subscription.next_plan = "" if same else plan
            subscription.next_interval = "" if same else interval
            subscription.ends_on = None
            _take_back_ahead(subscription)
        audit.record("subscription.change_scheduled", actor_id=actor.pk, target_id=subscription.id)
    return subscription


def cancel(*, account_id: uuid.UUID, actor: User, now: date) -> Subscription:
    """Let the subscription end with its period; until then `resume` takes it back. Raises BillingError.

    A consumer whose first term is over may leave within a month and gets the rest back (art. 6:237k BW).
    """
    with purpose.tenant(account_id, user_id=actor.pk):
        with changing(account_id, now=now) as subscription:
            plan = subscription.plan
            if subscription.state == State.SUSPENDED:
                _credit_unserved(subscription, on=subscription.suspended_on or now)
                end(subscription)
            elif subscription.state not in RUNNING or subscription.period_end is None:
                raise BillingError(_("There is no running plan to cancel."))
            else:
                subscription.ends_on = last_day(subscription, now)
                subscription.next_plan, subscription.next_interval = FREE.code, ""
                _take_back_ahead(subscription)
        audit.record("subscription.cancelled", actor_id=actor.pk, target_id=subscription.id)
        if subscription.ends_on is None:
            notices.plan_ended(account_id, plan=plan, day=now)
        else:
            notices.to_owners(account_id, "mail/plan_cancelled", plan=plan, day=subscription.ends_on)
    return subscription


def _credit_unserved(subscription: Subscription, *, on: date) -> None:
    """Nobody pays for days without the plan: the worker credits what the period's invoice asks for them."""
    start, until = subscription.period_start, subscription.period_end
    if start is not None and until is not None:
        outbox.add(
            "billing.tasks.credit_unserved",
            start=start.isoformat(),
            until=until.isoformat(),
            on=max(start, on).isoformat(),
        )


def last_day(subscription: Subscription, now: date) -> date:
    """Return the day from which a subscription that is cancelled now is over."""
    assert subscription.period_end is not None
    term = subscription.first_term_end
    if subscription.consumer and term is not None and now >= term:
        return min(subscription.period_end, add_months(now, 1, anchor_day=now.day))
    return subscription.period_end


def resume(*, account_id: uuid.UUID, actor: User, now: date) -> Subscription:
    """Take back a cancellation, or a change that waits for the next period; raises BillingError."""
    with purpose.tenant(account_id, user_id=actor.pk):
        with changing(account_id, now=now) as subscription:
            if subscription.state not in RUNNING or not (subscription.next_plan or subscription.next_interval):
                raise BillingError(_("There is nothing to take back."))
            subscription.ends_on = None
            subscription.next_plan = subscription.next_interval = ""
            _take_back_ahead(subscription)
        audit.record("subscription.resumed", actor_id=actor.pk, target_id=subscription.id)
    return subscription


def _take_back_ahead(subscription: Subscription) -> None:
    """An invoice of the coming period no longer fits what was chosen: credit it; the nightly work makes a new one."""
    ahead, until = subscription.invoiced_until, subscription.period_end
    if ahead is not None and until is not None and ahead > until:
        subscription.invoiced_until = until
        outbox.add("billing.tasks.credit_ahead", period_start=until.isoformat())


def may_withdraw(subscription: Subscription | None, *, now: date) -> bool:
    """Whether a consumer may still withdraw from the purchase: fourteen days, without giving a reason."""
    return (
        subscription is not None
        and subscription.consumer
        and subscription.state in RUNNING
        and subscription.contracted_on is not None
        and now <= subscription.contracted_on + timedelta(days=WITHDRAWAL_DAYS)
    )


def withdraw(*, account_id: uuid.UUID, actor: User, now: date) -> Subscription:
    """Withdraw from the purchase (art. 6:230o BW): the plan ends now and all of its money goes back.

    We don't ask for pay for the days used: the law lets us only after an express request to start early.
    Raises BillingError.
    """
    with purpose.tenant(account_id, user_id=actor.pk):
        with changing(account_id, now=now) as subscription:
            if not may_withdraw(subscription, now=now):
                raise BillingError(_("This purchase can't be withdrawn from: that is for consumers, within 14 days."))
            plan = subscription.plan
            end(subscription)
            subscription.withdrawn_on = now
        outbox.add("billing.tasks.credit_withdrawal")
        audit.record("subscription.withdrawn", actor_id=actor.pk, target_id=subscription.id)
        notices.to_owners(account_id, "mail/plan_withdrawn", plan=plan, day=now)
    return subscription


def set_by_staff(
    *, account_id: uuid.UUID, plan: str, interval: str, paid_until: date | None, actor: User, now: date
) -> Subscription:
    """Put an account on a plan by hand, paid until (and without) a day; "free" ends the subscription at once.

    For arrangements that no invoice of ours knows. Args: plan: code of `billing.plans`; interval: month or year.
    """
    with tenancy.tenant(account_id, user_id=actor.pk), changing(account_id, now=now) as subscription:
        chosen = PLANS[plan]
        if chosen.paid:
            begin(subscription, plan=plan, interval=interval, net_cents=chosen.price(interval), now=now)
            subscription.period_end = subscription.paid_until = subscription.invoiced_until = paid_until
        else:
            end(subscription)
        audit.record("subscription.set_by_staff", actor_id=actor.pk, target_id=subscription.id)
    return subscription
