"""The worker's daily look at one subscription: invoice what is due, roll periods over, end what was cancelled.

Every function runs in the account's context and transaction, for the purpose of billing, and may run again.
"""

from __future__ import annotations

import uuid
from datetime import date, timedelta

from django.conf import settings
from django.utils import translation

from accounts.models import Account
from billing import paying
from billing.models import Invoice, Subscription
from billing.periods import period_end, unused_cents
from billing.plans import FREE, MONTH, PLANS, YEAR
from billing.selectors import GRACE_DAYS, Settled, invoices_of, is_paying, profile_of, subscription_of
from billing.services import credits, invoices, notices, sales
from billing.services.issuing import issue
from billing.services.reminders import remind
from billing.services.requests import expire
from billing.services.subscriptions import RUNNING, changing, end

State = Subscription.State

TERM_DAYS = 14  # to pay an invoice that starts a period; a renewal is due on the first day of its period
LEAD_DAYS: dict[str, int] = {MONTH: 7, YEAR: 21}  # before a period ends, its successor is invoiced
SUSPEND_DAYS = 30  # after the term: free limits hold, nothing is deleted
END_DAYS = 60  # after the term: back to free, what wasn't given is credited


def daily(account_id: uuid.UUID, *, now: date) -> None:
    """Do all that today asks of one account."""
    if expire(account_id, now=now):
        credits.return_parts(account_id, now=now)
    found = subscription_of(account_id)
    if found is None:
        return
    Subscription.objects.filter(account_id=account_id).update(checked_on=now)
    if found.state == State.FREE:
        return
    passed = is_paying(found, on=now - timedelta(days=1)) != is_paying(found, on=now)
    roll(account_id, now=now)
    chase(account_id, now=now)
    if passed:
        paying.announce()  # nothing was changed, but the paid days are over
    remind(account_id, now=now)
    invoice_account(account_id, now=now)  # last: it takes a number


def roll(account_id: uuid.UUID, *, now: date) -> None:
    """End a cancelled subscription on its day; start the next period of any other one, with what was chosen for it."""
    with changing(account_id, now=now) as subscription:
        if subscription.state not in RUNNING or subscription.period_end is None:
            return
        if subscription.ends_on is not None and now >= subscription.ends_on:
            _finish(subscription, on=subscription.ends_on, now=now)
            return
        if now >= subscription.period_end and profile_of(account_id) is None:
            _finish(subscription, on=subscription.period_end, now=now)  # by hand, without invoices of ours
            return
        while now >= subscription.period_end:
            if subscription.next_plan:
                subscription.plan = subscription.next_plan
                subscription.interval = subscription.next_interval or subscription.interval
                subscription.next_plan = subscription.next_interval = ""
            subscription.net_cents = PLANS[subscription.plan].price(subscription.interval)
            subscription.period_start = subscription.period_end
            subscription.period_end = period_end(
                subscription.period_start, subscription.interval, anchor_day=subscription.anchor_day
            )


def _finish(subscription: Subscription, *, on: date, now: date) -> None:
    """Go back to free; days that were invoiced after `on` are credited."""
    plan = subscription.plan
    if subscription.period_start is not None and subscription.period_end is not None:
        unserved(
            subscription.account_id, start=subscription.period_start, until=subscription.period_end, on=on, now=now
        )
    end(subscription)
    notices.plan_ended(subscription.account_id, plan=plan, day=on)


def unserved(account_id: uuid.UUID, *, start: date, until: date, on: date, now: date) -> None:
    """Credit the part of a period's invoice that lies after `on`. Args: start, until: the period, half-open."""
    if on >= until:
        return
    invoice = invoice_of_period(account_id, start)
    if invoice is not None:
        cents = unused_cents(invoice.net_cents, start=start, end=until, on=on)
        credits.credit(invoice, net_cents=min(cents, credits.creditable_cents(invoice)), now=now)


def invoice_of_period(customer_id: uuid.UUID, start: date) -> Invoice | None:
    """Return the invoice of the period that starts on a day, unless all of it was credited."""
    found = Invoice.objects.filter(customer_id=customer_id, kind=Invoice.Kind.INVOICE, period_start=start)
    return next((one for one in found.order_by("-no") if credits.creditable_cents(one) > 0), None)


def invoice_account(account_id: uuid.UUID, *, now: date) -> Invoice | None:
    """Issue the invoice that the subscription needs now: of the running period, or ahead of the next one."""
    profile = profile_of(account_id)
    issued = None
    with changing(account_id, now=now) as subscription:
        start, until = subscription.period_start, subscription.period_end
        if profile is None or subscription.state not in RUNNING or start is None or until is None:
            return None
        plan, interval, net = subscription.plan, subscription.interval, subscription.net_cents
        due = now + timedelta(days=TERM_DAYS)
        if subscription.invoiced_until is None or subscription.invoiced_until <= start:
            unused = subscription.unused
        else:
            lead = timedelta(days=LEAD_DAYS[interval])
            ends = subscription.ends_on is not None or subscription.next_plan == FREE.code
            if subscription.invoiced_until > until or ends or now < until - lead:
                return None
            plan, interval = subscription.next_plan or plan, subscription.next_interval or interval
            net, unused = PLANS[plan].price(interval), None
            start, until = until, period_end(until, interval, anchor_day=subscription.anchor_day)
            due = max(start, now)
        account = Account.objects.get(pk=account_id)
        subscription.unused = None
        subscription.invoiced_until = until
        with translation.override(account.language):
            quote = sales.quote(
                profile, plan=plan, interval=interval, net_cents=net, start=start, end=until, now=now, unused=unused
            )
            former = _other_treatment(account_id, quote) if unused else None
            if former is not None and unused is not None:
                # VAT differs from that of the days that are taken back: those are credited where they were charged
                credits.credit(former, net_cents=min(unused["cents"], credits.creditable_cents(former)), now=now)
                quote = sales.quote(
                    profile, plan=plan, interval=interval, net_cents=net, start=start, end=until, now=now
                )
            issued = invoices.draft_invoice(
                account=account,
                profile=profile,
                quote=quote,
                start=start,
                end=until,
                now=now,
                due_on=due,
                rf=invoices.new_rf(now),
            )
    return issue(issued)


def _other_treatment(account_id: uuid.UUID, quote: sales.Quote) -> Invoice | None:
    """Return the last invoice, if it was taxed in another way than this sale."""
    found = Invoice.objects.filter(customer_id=account_id, kind=Invoice.Kind.INVOICE).order_by("-issued_on", "-no")
    last = found.first()
    if last is None:
        return None
    group = last.vat[0]
    now = quote.totals.groups[0].as_json()
    return None if (group["category"], group["rate"]) == (now["category"], now["rate"]) else last


def chase(account_id: uuid.UUID, *, now: date) -> None:
    """Let the state follow the oldest open invoice: past due, suspended, ended; and back when it is paid."""
    late = oldest_overdue(account_id, now=now)
    days = (now - late.invoice.due_on).days if late else 0
    with changing(account_id, now=now) as subscription:
        if subscription.state not in (*RUNNING, State.SUSPENDED):
            return
        if days >= END_DAYS:
            _finish(subscription, on=subscription.suspended_on or now, now=now)
        elif days >= SUSPEND_DAYS:
            if subscription.state != State.SUSPENDED:
                subscription.state, subscription.suspended_on = State.SUSPENDED, now
                assert late is not None
                notices.to_owners(
                    account_id,
                    "mail/plan_suspended",
                    link=f"{settings.APP_URL}/subscription/invoices/{late.invoice.id}/",
                    plan=subscription.plan,
                    day=now,
                )
        elif days >= GRACE_DAYS:
            if subscription.state == State.ACTIVE:
                subscription.state = State.PAST_DUE
        elif not late and subscription.state != State.ACTIVE:
            subscription.state, subscription.suspended_on = State.ACTIVE, None


def oldest_overdue(account_id: uuid.UUID, *, now: date) -> Settled | None:
    """Return the invoice that has been open longest beyond its term."""
    late = [row for row in invoices_of(account_id) if row.overdue(now)]
    return min(late, key=lambda row: row.invoice.due_on, default=None)


def credit_ahead(account_id: uuid.UUID, *, period_start: date, now: date) -> None:
    """Credit the invoice of a period that will not come, or not like that."""
    invoice = invoice_of_period(account_id, period_start)
    if invoice is not None:
        credits.credit(invoice, now=now)


def credit_withdrawal(account_id: uuid.UUID, *, now: date) -> None:
    """Credit everything that was invoiced since the purchase that was withdrawn from, and give the money back."""
    subscription = subscription_of(account_id)
    if subscription is None or subscription.withdrawn_on is None or subscription.contracted_on is None:
        return
    sold = Invoice.objects.filter(
        customer_id=account_id, kind=Invoice.Kind.INVOICE, issued_on__gte=subscription.contracted_on
    )
    for invoice in sold.order_by("issued_on", "no"):
        credits.credit(invoice, now=now, withdrawal=True)
