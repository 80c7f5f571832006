"""Whether the account accepted the processing agreement, and what changes among processors."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import Http404

from privacy.agreement import CURRENT
from privacy.models import AgreementAcceptance, ProcessorChange
from webanizr.core import tenancy


def acceptances() -> QuerySet[AgreementAcceptance]:
    """Return what the current account accepted, the latest first."""
    rows = AgreementAcceptance.objects.filter(account_id=tenancy.current_account_id())
    return rows.order_by("-accepted_at")


def accepted(version: str = CURRENT) -> AgreementAcceptance | None:
    """Return the current account's acceptance of a version, if any."""
    return acceptances().filter(version=version).first()


def access_acceptance(version: str) -> AgreementAcceptance:
    """Return the acceptance of a version; raises Http404."""
    found = accepted(version)
    if found is None:
        raise Http404
    return found


def changes() -> QuerySet[ProcessorChange]:
    """Return announced changes, the latest day first."""
    return ProcessorChange.objects.order_by("-effective_on", "party")
