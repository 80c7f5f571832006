"""Credit notes and where their money goes: to what is still open of the invoice, the rest back."""

from __future__ import annotations

import uuid
from datetime import date, timedelta

from billing.models import Allocation, BankLine, Invoice, PaymentRequest, Refund
from billing.selectors import open_cents
from billing.services import invoices
from billing.services.issuing import issue
from webanizr.core import outbox, vault

REFUND_DAYS = 14  # art. 6:230r BW
SEAL = "bank"


def creditable_cents(invoice: Invoice) -> int:
    """Return what of an invoice hasn't been credited yet, in cents ex VAT."""
    credited = Invoice.objects.filter(credits=invoice).values_list("net_cents", flat=True)
    return invoice.net_cents - sum(credited)


def credit(
    invoice: Invoice, *, now: date, net_cents: int | None = None, why: str = "", withdrawal: bool = False
) -> Invoice | None:
    """Issue a credit note, set it off against what is open, and give the rest back; None when nothing is left.

    An unpaid invoice is only set off: its credit never becomes money. Args: net_cents: ex VAT, default all that is
    left; why: one line for the customer; withdrawal: the purchase was withdrawn from.
    """
    if net_cents == 0 or creditable_cents(invoice) == 0:
        return None
    draft = invoices.draft_credit(invoice=invoice, now=now, net_cents=net_cents, why=why)
    note = draft.invoice
    offset = min(max(open_cents(invoice), 0), note.gross_cents)
    if offset:
        Allocation.objects.create(customer_id=invoice.customer_id, credit_id=note.id, invoice=invoice, cents=offset)
    if note.gross_cents > offset:
        give_back(
            invoice,
            cents=note.gross_cents - offset,
            reason=Refund.Reason.WITHDRAWAL if withdrawal else Refund.Reason.CREDIT,
            now=now,
            credit=note,
        )
    return issue(draft)


def give_back(invoice: Invoice, *, cents: int, reason: str, now: date, credit: Invoice | None = None) -> Refund:
    """Store that money goes back, to the account it came from while we still know that."""
    line = (
        BankLine.objects.filter(allocations__invoice=invoice, payer__isnull=False)
        .order_by("-booked_on", "-position")
        .first()
    )
    return refund(invoice.customer_id, cents=cents, reason=reason, line=line, credit=credit, now=now)


def refund(
    customer_id: uuid.UUID | None,
    *,
    cents: int,
    reason: str,
    line: BankLine | None,
    now: date,
    credit: Invoice | None = None,
) -> Refund:
    """Store that money goes back to the account a line came from. Where that is no longer known, its owners are asked
    by mail. In the customer's context, or the platform's for a customer that is gone.
    """
    sealed = bytes(line.payer) if line and line.payer and iban_of(line) else None
    made = Refund.objects.create(
        customer_id=customer_id,
        line=line,
        credit_id=credit.id if credit else None,
        cents=cents,
        reason=reason,
        state=Refund.State.OPEN if sealed else Refund.State.NEEDS_IBAN,
        sealed=sealed,
        made_on=now,
        due_on=now + timedelta(days=REFUND_DAYS),
    )
    if customer_id is not None and not sealed:
        outbox.add("billing.tasks.ask_account", refund_id=made.id)
    return made


def return_parts(account_id: uuid.UUID, *, now: date) -> int:
    """Give back what was paid towards requests that came to nothing; return how many parts. May run again.

    The request is as if nothing had come in: whoever still pays all of it gets the plan. In the account's context.
    """
    closed = PaymentRequest.objects.filter(
        account_id=account_id, state__in=[PaymentRequest.State.CANCELLED, PaymentRequest.State.EXPIRED]
    ).values_list("id", flat=True)
    parts = list(
        Allocation.objects.select_for_update(of=("self",))
        .filter(customer_id=account_id, request_id__in=list(closed), invoice=None, line__isnull=False)
        .select_related("line")
    )
    for part in parts:
        assert part.line is not None
        refund(account_id, cents=part.cents, reason=Refund.Reason.NOT_SOLD, line=part.line, now=now)
        part.delete()
    return len(parts)


def iban_of(line: BankLine) -> str:
    """Return the payer's IBAN, "" when the bank gave none."""
    assert line.payer is not None
    return str(vault.unseal_note(line.payer, purpose=SEAL).get("iban", ""))
