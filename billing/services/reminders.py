"""Reminders of open invoices: transactional mail, each step once, and never while we can't know that it is unpaid.

No costs are ever added by themselves: the last step is the letter that the law asks for (art. 6:96 BW), whose term and
amount make costs possible; whether they follow is a person's decision.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.conf import settings
from django.db.models import F, OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce

from accounts.models import User
from billing import purpose, seller
from billing.models import Allocation, BankStatement, Invoice, Reminder
from billing.money import round_cents
from billing.references import grouped
from billing.selectors import Settled, invoices_of
from billing.services import notices

SHOWN = 200
STEPS = (3, 10, 17)  # days after the term
PAY_DAYS = 14
# Besluit vergoeding voor buitengerechtelijke incassokosten: so many thousandths of each slice, at least 40 euros.
SLICES = ((250_000, 150), (250_000, 100), (500_000, 50), (19_000_000, 10), (10**12, 5))
LEAST, MOST = 4_000, 677_500


def collection_cents(cents: int) -> int:
    """Return the costs that the law allows for collecting a sum, in cents."""
    total, rest = 0, cents
    for size, thousandths in SLICES:
        part = min(rest, size)
        total += part * thousandths
        rest -= part
    return min(max(round_cents(Decimal(total) / 1000), LEAST), MOST)


def known_until() -> date | None:
    """Return up to which day the bank statements that were read in tell who paid. For the purpose of billing."""
    return BankStatement.objects.order_by("-closed_on").values_list("closed_on", flat=True).first()


@dataclass(frozen=True)
class Chased:
    """An invoice whose term has passed, as the billing team follows it.

    Args: sent: (step, day) of the reminders that went, the first one first; next_on: the day of the next one, None
    after the last or while statements don't reach beyond the term; costs_cents: what collecting may cost by law.
    """

    row: Settled
    sent: list[tuple[int, date]]
    next_on: date | None
    waits_for_statement: bool
    costs_cents: int


def chased(*, actor: User, now: date) -> list[Chased]:
    """Return every invoice beyond its term, the longest open first. Args: actor: somebody of the billing team."""
    with purpose.desk(actor.pk):
        fresh = known_until()
        paid = Allocation.objects.filter(invoice=OuterRef("pk")).order_by().values("invoice")
        late = (
            Invoice.objects.filter(kind=Invoice.Kind.INVOICE, due_on__lt=now, paid_on=None)
            .annotate(settled=Coalesce(Subquery(paid.annotate(total=Sum("cents")).values("total")), 0))
            .filter(gross_cents__gt=F("settled"))
            .defer("ubl", "cii")
            .order_by("due_on", "no")
        )
        rows = [Settled(one, one.gross_cents - one.settled) for one in late[:SHOWN]]
        sent: dict[uuid.UUID, list[tuple[int, date]]] = defaultdict(list)
        ids = [row.invoice.id for row in rows]
        for invoice_id, step, day in (
            Reminder.objects.filter(invoice_id__in=ids).order_by("step").values_list("invoice_id", "step", "sent_on")
        ):
            sent[invoice_id].append((step, day))
    return [_followed(row, sent[row.invoice.id], fresh=fresh, now=now) for row in rows]


def _followed(row: Settled, sent: list[tuple[int, date]], *, fresh: date | None, now: date) -> Chased:
    invoice, last = row.invoice, max((step for step, _day in sent), default=0)
    waits = fresh is None or fresh < invoice.due_on
    coming = last < len(STEPS) and not waits and invoice.customer_id is not None
    next_on = max(invoice.due_on + timedelta(days=STEPS[last]), now) if coming else None
    return Chased(row, sent, next_on, waits, collection_cents(row.open_cents))


def remind(account_id: uuid.UUID, *, now: date) -> int:
    """Send the reminders that today asks for; return how many. In the account's context, for billing (worker)."""
    sent = 0
    fresh = known_until()
    for row in invoices_of(account_id):
        invoice = row.invoice
        if not row.overdue(now) or fresh is None or fresh < invoice.due_on:
            continue
        due = [number for number, days in enumerate(STEPS, 1) if now >= invoice.due_on + timedelta(days=days)]
        done = set(Reminder.objects.filter(invoice_id=invoice.id).values_list("step", flat=True))
        step = max(due, default=0)
        if not step or step in done or any(later > step for later in done):
            continue  # one mail at most, even when days were missed
        Reminder.objects.create(invoice_id=invoice.id, step=step, sent_on=now)
        notices.to_owners(
            account_id,
            "mail/payment_reminder",
            link=f"{settings.APP_URL}/subscription/invoices/{invoice.id}/",
            step=step,
            consumer=not invoice.buyer["business"],
            number=invoice.number,
            open_cents=row.open_cents,
            due_on=invoice.due_on,
            pay_by=now + timedelta(days=PAY_DAYS + 1),
            costs_cents=collection_cents(row.open_cents),
            iban=grouped(seller.iban()),
            name=seller.account_name(),
            rf=grouped(invoice.rf),
        )
        sent += 1
    return sent
