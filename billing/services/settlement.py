"""Booking what a bank line pays: requests become active plans with an invoice, invoices become paid (worker).

One line, one transaction per customer it pays; a line that was booked before is left alone.
"""

from __future__ import annotations

import uuid
from datetime import date

from django.conf import settings
from django.db import transaction
from django.utils import translation

from accounts.models import Account
from billing import purpose, seller
from billing.models import Allocation, BankLine, Invoice, PaymentReference, PaymentRequest, Refund, Subscription
from billing.references import grouped
from billing.selectors import open_cents, profile_of, requested_cents
from billing.services import credits, invoices, notices, sales
from billing.services.issuing import issue
from billing.services.renewals import chase
from billing.services.subscriptions import begin, changing
from webanizr.core import tenancy

State = Subscription.State


def book_line(line_id: uuid.UUID, *, now: date) -> None:
    """Book a matched line: each of its targets gets what is open of it, what is left over goes back."""
    with transaction.atomic(), purpose.billing():
        line = BankLine.objects.filter(id=line_id).first()
        if line is None or line.state != BankLine.State.MATCHED:
            return
        targets = {str(target["rf"]): target.get("cents") for target in line.targets}
        owners = dict(PaymentReference.objects.filter(rf__in=targets).values_list("rf", "customer_id"))
    customers = list(dict.fromkeys(owners.get(rf) for rf in targets))
    for customer_id in customers:
        mine = {rf: cents for rf, cents in targets.items() if owners.get(rf) == customer_id}
        with purpose.tenant(customer_id or tenancy.PLATFORM_ACCOUNT):
            line = BankLine.objects.select_for_update().get(id=line_id)
            if line.state != BankLine.State.MATCHED:
                return
            last = customer_id == customers[-1]
            if last:
                BankLine.objects.filter(id=line_id).update(state=BankLine.State.BOOKED)
            _book(line, mine, customer_id, last=last, now=now)


def _book(
    line: BankLine, targets: dict[str, int | None], customer_id: uuid.UUID | None, *, last: bool, now: date
) -> None:
    drafts: list[invoices.Draft] = []
    for rf, wanted in targets.items():
        reference = PaymentReference.objects.filter(rf=rf).first()
        room = remaining(line)
        if reference is None or room <= 0:
            continue
        if Allocation.objects.filter(line=line, customer_id=customer_id).filter(**_target(reference)).exists():
            continue  # this part was booked by an attempt that was cut short
        if reference.invoice_id is None and reference.request_id is not None:
            draft = _pay_request(line, reference.request_id, min(room, wanted or room), customer_id, now=now)
            if draft is not None:
                drafts.append(draft)
        elif reference.invoice_id is not None:
            _pay_invoice(line, reference.invoice_id, min(room, wanted or room), customer_id, now=now)
    if last and (left := remaining(line)) > 0:
        _send_back(line, left, customer_id, now=now)
    for draft in drafts:  # the numbers come last
        issue(draft)


def _target(reference: PaymentReference) -> dict[str, uuid.UUID | None]:
    if reference.invoice_id is not None:
        return {"invoice_id": reference.invoice_id}
    return {"request_id": reference.request_id}


def remaining(line: BankLine) -> int:
    """Return the cents of a line that nothing was done with yet."""
    used = sum(Allocation.objects.filter(line=line).values_list("cents", flat=True))
    back = sum(Refund.objects.filter(line=line, credit__isnull=True).values_list("cents", flat=True))
    return line.cents - used - back


def _pay_invoice(
    line: BankLine, invoice_id: uuid.UUID, cents: int, customer_id: uuid.UUID | None, *, now: date
) -> None:
    invoice = Invoice.objects.select_for_update().get(id=invoice_id)
    part = min(cents, open_cents(invoice))
    if part <= 0:
        return
    Allocation.objects.create(customer_id=invoice.customer_id, line=line, invoice=invoice, cents=part)
    if customer_id is not None:
        follow_payment(invoice, now=now)


def follow_payment(invoice: Invoice, *, now: date) -> None:
    """Let the subscription follow an invoice that may be paid wholly now. In its customer's context; may run again."""
    customer_id = invoice.customer_id
    if customer_id is None or open_cents(invoice) > 0:
        return
    with changing(customer_id, now=now) as subscription:
        covers = invoice.period_end
        running = subscription.state in (State.ACTIVE, State.PAST_DUE, State.SUSPENDED)
        if running and covers and (subscription.paid_until is None or covers > subscription.paid_until):
            subscription.paid_until = covers
    chase(customer_id, now=now)


def _pay_request(
    line: BankLine, request_id: uuid.UUID, cents: int, customer_id: uuid.UUID | None, *, now: date
) -> invoices.Draft | None:
    """Count money towards a request; when it is complete, start the plan and return the invoice's draft."""
    request = PaymentRequest.objects.select_for_update().filter(id=request_id).first()
    profile = profile_of(customer_id) if customer_id else None
    if request is None or profile is None or customer_id is None or request.state == PaymentRequest.State.PAID:
        return None  # the money goes back
    with changing(customer_id, now=now) as subscription:
        if subscription.state in (State.ACTIVE, State.PAST_DUE, State.SUSPENDED):
            return None  # another purchase came first
        open_before = requested_cents(request)
        part = min(cents, open_before)
        if part < open_before and request.state != PaymentRequest.State.OPEN:
            return None  # too little for a request that nobody waits for
        Allocation.objects.create(customer_id=customer_id, line=line, request_id=request_id, cents=part)
        if part < open_before:
            notices.to_owners(
                customer_id,
                "mail/paid_in_part",
                link=f"{settings.APP_URL}/subscription/pay/{request.id}/",
                code=request.code,
                left_cents=open_before - part,
                paid_cents=part,
                iban=grouped(seller.iban()),
                name=seller.account_name(),
                rf=grouped(request.rf),
            )
            return None
        begin(subscription, plan=request.plan, interval=request.interval, net_cents=request.net_cents, now=now)
        assert subscription.period_end is not None
        subscription.paid_until = subscription.invoiced_until = subscription.period_end
        subscription.consumer = not profile.business
        start, until = now, subscription.period_end
    PaymentRequest.objects.filter(id=request_id).update(state=PaymentRequest.State.PAID, paid_on=line.booked_on)
    account = Account.objects.get(pk=customer_id)
    with translation.override(account.language):
        quote = sales.quote(
            profile,
            plan=request.plan,
            interval=request.interval,
            net_cents=request.net_cents,
            start=start,
            end=until,
            now=now,
        )
        draft = invoices.draft_invoice(
            account=account,
            profile=profile,
            quote=quote,
            start=start,
            end=until,
            now=now,
            due_on=now,
            rf=request.rf,
            paid_on=line.booked_on if quote.totals.gross_cents <= request.gross_cents else None,
            iban_country=line.payer_country,
        )
    _return_surplus(request_id, draft.invoice, now=now)
    Allocation.objects.filter(request_id=request_id).update(invoice_id=draft.invoice.id)
    return draft


def _return_surplus(request_id: uuid.UUID, invoice: Invoice, *, now: date) -> None:
    """Give back what was paid above the invoice: VAT may have become reverse-charged since the request was made."""
    parts = list(Allocation.objects.filter(request_id=request_id).select_related("line").order_by("-made_at"))
    surplus = sum(part.cents for part in parts) - invoice.gross_cents
    for part in parts:
        back = min(max(surplus, 0), part.cents)
        if not back:
            return
        if back == part.cents:
            part.delete()
        else:
            Allocation.objects.filter(id=part.id).update(cents=part.cents - back)
        credits.refund(invoice.customer_id, cents=back, reason=Refund.Reason.OVERPAID, line=part.line, now=now)
        surplus -= back


def _send_back(line: BankLine, cents: int, customer_id: uuid.UUID | None, *, now: date) -> None:
    """Store a refund of what is left of a line; small or large, the customer's money is the customer's."""
    used = Allocation.objects.filter(line=line).exists()
    reason = Refund.Reason.OVERPAID if used else Refund.Reason.DUPLICATE
    credits.refund(customer_id, cents=cents, reason=reason, line=line, now=now)


def credit_by_staff(invoice_id: uuid.UUID, *, net_cents: int | None, now: date) -> Invoice | None:
    """Credit an invoice as staff asked (in the context of its customer, or the platform's); see `credits.credit`."""
    invoice = Invoice.objects.get(id=invoice_id)
    left = credits.creditable_cents(invoice)
    return credits.credit(invoice, now=now, net_cents=min(net_cents or left, left))
