"""What goes by itself: payers' words after 30 days, invoices after their legal term, the link when an account goes."""

from __future__ import annotations

import uuid
from datetime import date, timedelta

from django.db import transaction

from billing import purpose
from billing.models import (
    Allocation,
    BankLine,
    BillingProfile,
    Invoice,
    PaymentReference,
    PaymentRequest,
    Refund,
    Reminder,
)
from webanizr.core import storage, tenancy

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


def forget_account(account_id: uuid.UUID) -> list[tuple[str, date]]:
    """Erase what billing keeps of an account; return (number, kept until) of the invoices that the law keeps.

    Profile, requests and reminders go; issued invoices, their money and their references lose the link to the account.
    Runs as the worker, in the account's context.
    """
    with tenancy.tenant(account_id), purpose.billing():
        kept = list(
            Invoice.objects.filter(customer_id=account_id).order_by("issued_on").values_list("number", "retain_until")
        )
        BillingProfile.objects.filter(account_id=account_id).delete()
        Reminder.objects.filter(account_id=account_id).delete()
        PaymentReference.objects.filter(customer_id=account_id, invoice_id__isnull=True).delete()
        PaymentRequest.objects.filter(account_id=account_id).delete()
        for model in (PaymentReference, Allocation, Refund, Invoice):
            model.objects.filter(customer_id=account_id).update(customer_id=None)
    return kept
