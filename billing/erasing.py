"""What billing adds to an erasure (`privacy.erasure.hooks`): invoices that the law keeps, without their account."""

from __future__ import annotations

from datetime import date

from django.utils import timezone

from billing.models import Invoice
from privacy.datamap import Scope
from privacy.erasure.hooks import Hold
from privacy.erasure.subjects import Subject
from webanizr.core import tenancy

YEARS = 7  # after the year in which they were made: article 52 of the Dutch General Tax Act (AWR)


def invoices_kept(subject: Subject) -> list[Hold]:
    """Return how many invoices stay, and until when at the latest. As the eraser, who sees their numbers only."""
    if subject.scope is not Scope.ACCOUNT or subject.account_id is None:
        return []
    with tenancy.context(account_id=subject.account_id, user_id=None):
        count = Invoice.objects.filter(customer_id=subject.account_id).values("id").count()
    until = date(timezone.localdate().year + YEARS, 12, 31)
    return [Hold("invoices", count, "artikel 52 AWR", until)] if count else []
