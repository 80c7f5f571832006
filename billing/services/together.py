"""Booking many bank lines at once (worker): those that pay one open invoice, wholly and exactly.

That is what nearly all of a statement's lines do, so a batch of them takes a handful of statements. All others, and
what a batch leaves for any reason, go through `settlement.book_line` one by one.
"""

from __future__ import annotations

import uuid

from django.db import connection, transaction

from billing import purpose
from billing.models import Allocation, BankLine, Invoice, PaymentReference
from billing.selectors import open_of
from webanizr.core import outbox

BATCH = 1000


def book_exact(statement_id: uuid.UUID) -> int:
    """Book the matched lines of a statement that pay exactly what is open of one invoice; return how many.

    A batch is one transaction: its lines are booked, and what follows for their customers is queued, or nothing is.
    """
    booked, after = 0, 0
    while True:
        with transaction.atomic(), purpose.billing():
            lines = list(
                BankLine.objects.select_for_update()
                .filter(statement=statement_id, state=BankLine.State.MATCHED, position__gt=after)
                .only("id", "position", "cents", "targets")
                .order_by("position")[:BATCH]
            )
            if not lines:
                return booked
            after = lines[-1].position
            booked += _book(lines)


def _book(lines: list[BankLine]) -> int:
    wanted = {
        line.id: line.targets[0]["rf"] for line in lines if len(line.targets) == 1 and not line.targets[0]["cents"]
    }
    references = PaymentReference.objects.filter(rf__in=set(wanted.values()), invoice_id__isnull=False)
    paying = {rf: key for rf, key in references.values_list("rf", "invoice_id") if key is not None}
    invoices = {
        one.id: one
        for one in Invoice.objects.select_for_update()
        .filter(id__in=paying.values(), kind=Invoice.Kind.INVOICE)
        .only("id", "customer_id", "gross_cents")
        .order_by("id")  # always the same order: two batches don't wait for each other
    }
    left = open_of(list(invoices.values()))
    begun = set(Allocation.objects.filter(line__in=wanted).values_list("line_id", flat=True))
    exact: dict[uuid.UUID, BankLine] = {}
    for line in lines:
        invoice_id = paying.get(wanted.get(line.id, ""))
        if invoice_id in left and left[invoice_id] == line.cents > 0 and line.id not in begun:
            exact.setdefault(invoice_id, line)  # a second one is paid too much
    Allocation.objects.bulk_create(
        Allocation(customer_id=invoices[key].customer_id, line=line, invoice_id=key, cents=line.cents)
        for key, line in exact.items()
    )
    BankLine.objects.filter(id__in=[line.id for line in exact.values()]).update(state=BankLine.State.BOOKED)
    _follow([invoices[key] for key in exact])
    return len(exact)


def _follow(paid: list[Invoice]) -> None:
    """Let each customer's subscription follow, in the account's own context."""
    known = [(str(one.customer_id), str(one.id)) for one in paid if one.customer_id]
    if known:
        with connection.cursor() as cursor:
            customers, invoices = zip(*known, strict=True)
            cursor.execute("SELECT billing_follow_payments(%s::uuid[], %s::uuid[])", [list(customers), list(invoices)])
        outbox.nudge_after()
