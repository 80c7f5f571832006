"""Consent that a question implies, withdrawing consent, and the account's choice about implied consent (promise 11)."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from privacy import wording
from privacy.erasure import withdrawals
from privacy.models import AccessGrant, ConsentSetting, SupportMessage
from privacy.people import Person
from privacy.scope import Scope
from privacy.services.refusals import in_words, refusal
from webanizr.core import outbox, tenancy

IMPLIED_HOURS = 24
IMPLIED_HOURS_MAX = 72


def grant_from_quote(
    *, message: SupportMessage, quote: str, scope: Scope, actor: Person, hours: int = IMPLIED_HOURS
) -> uuid.UUID:
    """Record that the customer's own words imply consent: reading only, one form or submission. Staff service.

    The database checks the words (`grant_from_quote`), and the customer is told at once, with the quote and the way to
    withdraw. Args: quote: 15 to 1000 characters that occur literally in the message; scope: with a form; hours: 1 to
    IMPLIED_HOURS_MAX. Raises ConsentError: not said, or the customer wants to be asked first.
    """
    with tenancy.tenant(message.account_id, user_id=actor.pk):
        arguments: list[Any] = [
            message.account_id,
            message.id,
            quote[:1000],
            scope.site_id,
            scope.form_id,
            scope.submission_id,
            hours,
            wording.IMPLIED,
        ]
        with in_words(), connection.cursor() as cursor:
            cursor.execute("SELECT grant_from_quote(%s, %s, %s, %s, %s, %s, %s, %s)", arguments)
            grant_id: uuid.UUID = cursor.fetchone()[0]
        transaction.on_commit(outbox.nudge, robust=True)
    return grant_id


def revoke_grant(*, grant: AccessGrant, actor: Person, now: datetime | None = None) -> AccessGrant:
    """Withdraw consent, as a member of the account: at once and for good; open sessions on it end.

    Raises ConsentError when it was withdrawn already.
    """
    with in_words():
        rows = AccessGrant.objects.filter(account_id=grant.account_id, id=grant.id, revoked_at=None)
        if not rows.update(revoked_at=now or timezone.now(), revoked_by=actor.pk):
            raise refusal("withdrawn")
    transaction.on_commit(outbox.nudge, robust=True)
    grant.refresh_from_db()
    return grant


def set_never_implied(*, never: bool, actor: Person, now: datetime | None = None) -> ConsentSetting:
    """Let Webanizr always ask first, for every question of the current account, or no longer; as an owner.

    What was implied before stays until it ends or is withdrawn. Raises ConsentError when the actor isn't an owner.
    """
    account_id = tenancy.current_account_id()
    with in_words():
        setting = ConsentSetting.objects.select_for_update().filter(account_id=account_id).first()
        if setting is None:
            setting = ConsentSetting(account_id=account_id)
        adding = setting._state.adding
        setting.never_implied, setting.changed_by, setting.changed_at = never, actor.pk, now or timezone.now()
        if adding:
            setting.save(force_insert=True)
        else:
            setting.save(update_fields=["never_implied", "changed_by", "changed_at"])
        if never:
            outbox.add(withdrawals.KEEP_ASK_FIRST, actor_id=actor.pk, said=uuid.uuid4())
    return setting
