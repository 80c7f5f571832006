"""Saying that a contact changed: its wanted version goes up and a push waits, in the cause's own transaction."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime

from django.conf import settings
from django.db import connection

from newsletters.models import Contact, SyncState
from webanizr.core import outbox, tenancy

PUSH = "newsletters.tasks.push"
State = SyncState.State

# A contact that waits for the platform's own form, or that is being erased, stays so; only a fresh opt-in starts anew.
RAISE = """
INSERT INTO newsletters_syncstate (id, contact_id, provider, state, there, desired, pushed, remote_id, resubscribe,
        attempts, due_at, error, changed_at)
    SELECT gen_random_uuid(), wanted, %(provider)s, 'pending', 'absent', 1, 0, '', %(resubscribe)s,
        0, %(now)s, '', %(now)s
    FROM unnest(%(contacts)s::uuid[]) wanted
ON CONFLICT (contact_id, provider) DO UPDATE SET
    desired = newsletters_syncstate.desired + 1,
    state = CASE WHEN newsletters_syncstate.state IN ('pending_erase', 'erased') THEN newsletters_syncstate.state
        ELSE 'pending' END,
    resubscribe = newsletters_syncstate.resubscribe OR %(resubscribe)s,
    attempts = 0, due_at = %(now)s, error = '', changed_at = %(now)s
"""


def changed(contact: Contact, *, now: datetime, resubscribe: bool = False) -> None:
    """Note that what the platform should know of a contact may differ now; a worker looks at it within a second.

    Args: resubscribe: the person asked for it afresh, so that they may be put back where they stand unsubscribed.
    """
    if not settings.MAILING_PLATFORM:
        return  # switched off: the first reconcile after it is switched on finds everybody
    raise_versions([contact.id], now=now, resubscribe=resubscribe)
    outbox.add(PUSH, account_id=tenancy.PLATFORM_ACCOUNT, contact_id=contact.id)


def raise_versions(contact_ids: Collection[uuid.UUID], *, now: datetime, resubscribe: bool = False) -> None:
    """Raise the wanted version of many contacts; what is due is pushed by the minute."""
    with connection.cursor() as cursor:
        cursor.execute(
            RAISE,
            {
                "provider": settings.MAILING_PLATFORM,
                "contacts": [str(each) for each in contact_ids],
                "now": now,
                "resubscribe": resubscribe,
            },
        )
