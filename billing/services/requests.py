"""Asking for money before anything is sold: the payment request, with its reference, and taking it back."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import date, datetime, timedelta

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import audit
from billing import purpose, seller
from billing.einvoice.model import INVOICE, Document
from billing.models import BillingProfile, PaymentReference, PaymentRequest, Subscription
from billing.periods import period_end
from billing.plans import PLANS
from billing.references import grouped, make_rf
from billing.selectors import AMSTERDAM, profile_of
from billing.services import notices, sales
from billing.services.errors import BillingError
from billing.services.files import PDF, key_of_request
from billing.services.profiles import next_number
from billing.services.subscriptions import begin, changing, end
from webanizr.core import outbox

VALID_DAYS = 14
State = Subscription.State


def purchase(
    *, account_id: uuid.UUID, plan: str, interval: str, on_terms: bool, actor: User, now: date
) -> PaymentRequest | None:
    """Buy a plan for a free account. Returns the payment request, or None when the plan starts at once on terms.

    Args: plan: code of a paid plan; interval: month or year; on_terms: a business gets the invoice first, where the
    plan allows it. Raises BillingError.
    """
    if seller.problems():
        raise BillingError(_("We can't take orders just now. Nothing was changed; try again later."))
    chosen = PLANS.get(plan)
    if chosen is None or not chosen.paid:
        raise BillingError(_("Choose one of the plans."))
    with purpose.tenant(account_id, user_id=actor.pk):
        profile = profile_of(account_id)
        if profile is None:
            raise BillingError(_("Fill in the details for on the invoice first."))
        with changing(account_id, now=now) as subscription:
            if subscription.state in (State.ACTIVE, State.PAST_DUE, State.SUSPENDED):
                raise BillingError(_("This account has a paid plan already. Change it on the page Subscription."))
            cancel_open(account_id)
            subscription.consumer = not profile.business
            if on_terms and chosen.terms and profile.business:
                _start_on_terms(subscription, plan, interval, now)
                audit.record("subscription.started", actor_id=actor.pk)
                return None
            request = _request(account_id, profile, plan, interval, now)
            subscription.plan, subscription.interval, subscription.state = plan, interval, State.PENDING
            subscription.net_cents = request.net_cents
        audit.record("payment.requested", actor_id=actor.pk, target_id=request.id)
        outbox.add("billing.tasks.send_request", request_id=request.id)
    return request


def _start_on_terms(subscription: Subscription, plan: str, interval: str, now: date) -> None:
    """Let the plan begin now; the worker issues the invoice."""
    begin(subscription, plan=plan, interval=interval, net_cents=PLANS[plan].price(interval), now=now)
    subscription.paid_until = None
    subscription.invoiced_until = None
    outbox.add("billing.tasks.invoice_account")


def _request(account_id: uuid.UUID, profile: BillingProfile, plan: str, interval: str, now: date) -> PaymentRequest:
    end = period_end(now, interval, anchor_day=now.day)
    quote = sales.quote(
        profile,
        plan=plan,
        interval=interval,
        net_cents=PLANS[plan].price(interval),
        start=now,
        end=end,
        now=now,
    )
    serial = f"{now.year}{next_number('billing_request_no'):04d}"
    request = PaymentRequest.objects.create(
        code=f"BV-{serial[:4]}-{serial[4:]}",
        rf=make_rf(f"BV{serial}"),
        plan=plan,
        interval=interval,
        net_cents=quote.totals.net_cents,
        vat_cents=quote.totals.vat_cents,
        gross_cents=quote.totals.gross_cents,
        vat_rate=quote.rate,
        treatment=quote.treatment.kind,
        expires_on=now + timedelta(days=VALID_DAYS),
    )
    PaymentReference.objects.create(rf=request.rf, customer_id=account_id, request_id=request.id)
    return request


def document_of(request: PaymentRequest, profile: BillingProfile, *, language: str) -> Document:
    """Return an open request as a document to print, with what is left to pay."""
    day = request.made_at.astimezone(AMSTERDAM).date()
    with translation.override(language):
        found = sales.quote(
            profile,
            plan=request.plan,
            interval=request.interval,
            net_cents=request.net_cents,
            start=day,
            end=period_end(day, request.interval, anchor_day=day.day),
            now=day,
        )
        reason = found.treatment.reason()
    # the period starts when the payment is in, so its days aren't known yet
    lines = tuple(replace(line, description="", start=None, end=None) for line in found.lines)
    return Document(
        kind=INVOICE,
        number=request.code,
        issued_on=day,
        due_on=request.expires_on,
        seller=seller.seller(),
        buyer=sales.buyer_of(profile),
        buyer_reference=profile.reference or f"K-{profile.customer_no}",
        lines=lines,
        totals=found.totals,
        iban=seller.iban(),
        bic=seller.bic(),
        rf=request.rf,
        reason=reason,
        language=language,
    )


def mail_request(request: PaymentRequest, *, now: datetime) -> None:
    """Mail an open request to the owners, with its PDF, once. In the account's context, for the purpose of billing."""
    asked = PaymentRequest.objects.filter(id=request.id, mailed_at=None, state=PaymentRequest.State.OPEN)
    if not asked.update(mailed_at=now):
        return
    notices.to_owners(
        request.account_id,
        "mail/payment_request",
        files=[(key_of_request(request), f"{request.code}.pdf", PDF)],
        link=f"{settings.APP_URL}/subscription/pay/{request.id}/",
        plan=request.plan,
        code=request.code,
        amount_cents=request.gross_cents,
        iban=grouped(seller.iban()),
        name=seller.account_name(),
        rf=grouped(request.rf),
        until=request.expires_on,
    )


def cancel_open(account_id: uuid.UUID, *, state: str = PaymentRequest.State.CANCELLED) -> int:
    """Close every open request of the account; return how many. A payment that still comes is recognised, and the
    worker gives back what was paid in part.
    """
    closed = PaymentRequest.objects.filter(account_id=account_id, state=PaymentRequest.State.OPEN).update(state=state)
    if closed:
        outbox.add("billing.tasks.return_parts")
    return closed


def cancel_request(*, request: PaymentRequest, actor: User, now: date) -> None:
    """Take a purchase back before it was paid; raises BillingError when it is no longer open."""
    with purpose.tenant(request.account_id, user_id=actor.pk):
        if not cancel_open(request.account_id):
            raise BillingError(_("This payment request isn't open any more."))
        with changing(request.account_id, now=now) as subscription:
            back_to_free(subscription)
        audit.record("payment.request_cancelled", actor_id=actor.pk, target_id=request.id)


def back_to_free(subscription: Subscription) -> None:
    """Undo a purchase that never was paid."""
    if subscription.state == State.PENDING:
        end(subscription)


def expire(account_id: uuid.UUID, *, now: date) -> int:
    """Close requests whose days are over (nightly); return how many. In the account's context, for billing."""
    late = PaymentRequest.objects.filter(account_id=account_id, state=PaymentRequest.State.OPEN, expires_on__lt=now)
    expired = late.update(state=PaymentRequest.State.EXPIRED)
    if expired:
        with changing(account_id, now=now) as subscription:
            back_to_free(subscription)
    return expired
