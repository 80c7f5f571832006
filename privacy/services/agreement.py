"""Accepting the processing agreement, as an owner: who, when, which words (promise 09)."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from privacy import agreement, people
from privacy.models import AgreementAcceptance
from privacy.people import Person
from privacy.selectors.agreement import accepted
from privacy.services.refusals import in_words
from webanizr.core import tenancy


def accept_agreement(*, actor: Person, language: str, version: str, now: datetime | None = None) -> AgreementAcceptance:
    """Store that an owner accepts a version; return the row, the earlier one when it was accepted already.

    Args: language: of the text that was read; version: the one that was shown. Raises KeyError for a version that
    isn't the current one any more, ConsentError when the actor isn't an owner.
    """
    if version != agreement.CURRENT:
        raise KeyError(version)
    before = accepted(version)
    if before is not None:
        return before
    account_id = tenancy.current_account_id()
    made = AgreementAcceptance(
        version=version,
        language=language,
        fingerprint=agreement.fingerprint(version, language),
        customer=people.account_name(account_id),
        accepted_by=actor.pk,
        accepted_name=actor.name,
        accepted_at=now or timezone.now(),
    )
    with in_words():
        made.save(force_insert=True)
    return made
