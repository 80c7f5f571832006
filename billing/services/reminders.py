"""Reminders of open invoices: transactional mail, each step once, and never while we can't know that it is unpaid.

No costs are ever added by themselves: the last step is the letter that the law asks for (art. 6:96 BW), whose term and
amount make costs possible; whether they follow is a person's decision.
"""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from decimal import Decimal

from billing import seller
from billing.models import BankStatement, Reminder
from billing.money import round_cents
from billing.references import grouped
from billing.selectors import invoices_of
from billing.services import notices

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


def remind(account_id: uuid.UUID, *, now: date) -> int:
    """Send the reminders that today asks for; return how many. In the account's context, for billing (worker)."""
    sent = 0
    fresh = BankStatement.objects.order_by("-closed_on").values_list("closed_on", flat=True).first()
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
