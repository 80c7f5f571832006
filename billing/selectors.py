"""Reads of billing: which plan counts for an account, what it allows, whether it pays."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import QuerySet, Sum
from django.http import Http404, HttpRequest
from django.utils import timezone

from accounts.models import StaffMember
from billing.models import (
    Allocation,
    BankStatement,
    BillingProfile,
    Invoice,
    PaymentRequest,
    Refund,
    Subscription,
    VatRate,
)
from billing.plans import FREE, PLANS, Limits, Plan
from webanizr.core import tenancy

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
GRACE_DAYS = 3  # after an invoice's term, before the subscription is past due

State = Subscription.State


@dataclass(frozen=True)
class Settled:
    """An invoice with what is left to pay of it (or, of a credit note, to give back), in cents."""

    invoice: Invoice
    open_cents: int

    @property
    def paid(self) -> bool:
        """Whether nothing is left."""
        return self.open_cents <= 0

    def overdue(self, on: date) -> bool:
        """Whether its term has passed."""
        return not self.invoice.credit and not self.paid and self.invoice.due_on < on


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


def rate_of(country: str, on: date) -> Decimal:
    """Return the country's standard VAT rate in percent on a day; raises LookupError where none is known."""
    found = VatRate.objects.filter(country=country, valid_from__lte=on).order_by("-valid_from").first()
    if found is None:
        raise LookupError(f"no VAT rate is known of {country} on {on}")
    return found.rate


def profile_of(account_id: uuid.UUID) -> BillingProfile | None:
    """Return the account's billing profile. Runs in the account's context, for the purpose of billing."""
    return BillingProfile.objects.filter(account_id=account_id).first()


def open_request_of(account_id: uuid.UUID) -> PaymentRequest | None:
    """Return the request that waits for payment, if any. For the purpose of billing."""
    return (
        PaymentRequest.objects.filter(account_id=account_id, state=PaymentRequest.State.OPEN)
        .order_by("-made_at")
        .first()
    )


def access_request(request_id: uuid.UUID) -> PaymentRequest:
    """Return a payment request of the current account; raises Http404. For the purpose of billing."""
    found = PaymentRequest.objects.filter(id=request_id).first()
    if found is None:
        raise Http404
    return found


def access_invoice(invoice_id: uuid.UUID) -> Invoice:
    """Return an invoice of the current account; raises Http404. For the purpose of billing."""
    found = Invoice.objects.filter(id=invoice_id, customer_id=tenancy.current_account_id()).first()
    if found is None:
        raise Http404
    return found


def refunds_of(account_id: uuid.UUID) -> list[Refund]:
    """Return the money that is on its way back to the account. For the purpose of billing."""
    waiting = Refund.objects.filter(customer_id=account_id).exclude(state=Refund.State.PAID)
    return list(waiting.only("id", "cents", "state", "due_on").order_by("due_on"))


def access_refund(refund_id: uuid.UUID) -> Refund:
    """Return a refund of the current account; raises Http404. For the purpose of billing."""
    found = Refund.objects.filter(id=refund_id, customer_id=tenancy.current_account_id()).first()
    if found is None:
        raise Http404
    return found


def invoices_of(account_id: uuid.UUID) -> list[Settled]:
    """Return the account's invoices and credit notes with what is left of each, newest first."""
    found = list(
        Invoice.objects.filter(customer_id=account_id).defer("ubl", "cii").order_by("-issued_on", "-series", "-no")
    )
    left = open_of(found)
    return [Settled(one, left[one.id]) for one in found]


def open_of(invoices: list[Invoice]) -> dict[uuid.UUID, int]:
    """Return what is left of each invoice and credit note, by id, in three queries; see `open_cents`."""
    paid = sums(Allocation.objects.filter(invoice__in=invoices), "invoice_id")
    spent = sums(Allocation.objects.filter(credit__in=invoices), "credit_id")
    refunded = sums(Refund.objects.filter(credit__in=invoices), "credit_id")
    return {
        one.id: one.gross_cents - paid.get(one.id, 0) - spent.get(one.id, 0) - refunded.get(one.id, 0)
        for one in invoices
    }


def sums(rows: QuerySet[Any], key: str) -> dict[uuid.UUID, int]:
    """Return the cents of allocations or refunds by one of their keys."""
    return dict(rows.order_by().values_list(key).annotate(total=Sum("cents")))


def open_cents(invoice: Invoice) -> int:
    """Return what is left to pay of an invoice, or of a credit note what hasn't gone anywhere yet."""
    return open_of([invoice])[invoice.id]


def requested_cents(request: PaymentRequest) -> int:
    """Return what is left to pay of a payment request."""
    paid = Allocation.objects.filter(request_id=request.id).aggregate(total=Sum("cents"))["total"] or 0
    return int(request.gross_cents - paid)


def last_statement_at() -> datetime | None:
    """Return when a bank statement was last read in: how fresh "not paid yet" is. For the purpose of billing."""
    found = (
        BankStatement.objects.only("id", "imported_at").order_by("-imported_at").values_list("imported_at", flat=True)
    )
    return found.first()


def in_billing_team(request: HttpRequest) -> bool:
    """Whether the reader of a page of the staff service works in billing: for the menu."""
    user = getattr(request, "user", None)
    if settings.SERVICE != "staff" or user is None or not user.is_authenticated:
        return False
    return StaffMember.objects.filter(user=user, active=True, team=StaffMember.Team.BILLING).exists()
