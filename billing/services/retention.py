"""What goes by itself: payers' words after 30 days, invoices after their legal term."""

from __future__ import annotations

import uuid
from datetime import date, timedelta

from django.db import transaction

from billing import purpose
from billing.models import Allocation, BankLine, Invoice, PaymentReference, Refund
from webanizr.core import storage

PAYER_DAYS = 30
BATCH = 1000


def purge_payers(*, now: date) -> int:
    """Empty name, IBAN and text of lines older than PAYER_DAYS; return how many (nightly)."""
    with transaction.atomic(), purpose.billing():
        old = BankLine.objects.filter(booked_on__lt=now - timedelta(days=PAYER_DAYS), payer__isnull=False)
        return old.update(payer=None)


def erase_expired(*, now: date) -> int:
    """Delete invoices whose term is over, with their files; the journal keeps a mark. Returns how many.

    An invoice waits for its credit notes, which may have to be kept longer. The files go first: a row without its
    file is found again the next night, a file without its row never would be.
    """
    with transaction.atomic(), purpose.billing():
        due = list(
            Invoice.objects.filter(retain_until__lt=now)
            .exclude(credit_notes__retain_until__gte=now)
            .order_by("credits_id", "issued_on")
            .only("id", "pdf_key", "rf", "kind")[:BATCH]
        )
    if not due:
        return 0
    stored = [one.pdf_key for one in due if one.pdf_key]
    storage.delete(*stored, *(key.removesuffix(".pdf") + ".xml" for key in stored))
    with transaction.atomic(), purpose.billing():
        ids = [one.id for one in due]
        Allocation.objects.filter(credit_id__in=ids).delete()
        Allocation.objects.filter(invoice_id__in=ids).delete()
        Refund.objects.filter(credit_id__in=ids).delete()
        Invoice.objects.filter(id__in=ids, credits__isnull=False).delete()
        Invoice.objects.filter(id__in=ids).delete()
        PaymentReference.objects.filter(invoice_id__in=ids).delete()
    return len(due)


def tidy() -> int:
    """Delete references of requests whose account is gone; return how many (nightly)."""
    with transaction.atomic(), purpose.billing():
        orphans = PaymentReference.objects.filter(customer_id__isnull=True, invoice_id__isnull=True)
        return orphans.delete()[0]


def kept_of(account_id: uuid.UUID) -> list[tuple[str, date]]:
    """Return (number, last day) of the invoices that the law keeps after the account is erased (art. 17(3)(b) GDPR)."""
    found = Invoice.objects.filter(customer_id=account_id).order_by("issued_on", "no")
    return list(found.values_list("number", "retain_until"))
