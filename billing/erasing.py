"""What billing adds to an erasure (`privacy.erasure.hooks`): invoices that the law keeps, without their account."""

from __future__ import annotations

from billing.models import Invoice
from privacy.datamap import Scope
from privacy.erasure.hooks import Hold
from privacy.erasure.subjects import Subject
from webanizr.core import tenancy

# Seven years after the year in which it was made; ten under the One Stop Shop (`billing.vat.keep_until`).
LAWS = {False: "artikel 52 AWR", True: "artikel 369k btw-richtlijn"}


def invoices_kept(subject: Subject) -> list[Hold]:
    """Return how many invoices stay under which law, and until when at the latest.

    Runs as the eraser, who sees of an invoice whose it is, how it is taxed and until when it is kept.
    """
    if subject.scope is not Scope.ACCOUNT or subject.account_id is None:
        return []
    with tenancy.context(account_id=subject.account_id, user_id=None):
        found = list(
            Invoice.objects.filter(customer_id=subject.account_id).order_by().values_list("treatment", "retain_until")
        )
    holds = []
    for oss, law in LAWS.items():
        kept = [until for treatment, until in found if (treatment == "oss") is oss]
        if kept:
            holds.append(Hold("invoices", len(kept), law, max(kept)))
    return holds
