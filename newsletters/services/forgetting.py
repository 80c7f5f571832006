"""Deleting contacts with their ledger: the eraser's login is the only one that may (promise 08)."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from newsletters.models import Consent, Contact, Drift, PlatformEvent, Reconcile, Suppression, SyncState
from newsletters.services.subscribe import REQUEST_DAYS

KEEP_WITHDRAWN = timedelta(days=30)  # in which a mistake can be taken back, and a complaint answered
KEEP_NOTICES = timedelta(days=30)
KEEP_RUNS = timedelta(days=90)
BATCH = 500

# Asked for and never confirmed; nothing else is known of them, and they don't pay.
UNCONFIRMED = """
SELECT c.id FROM newsletters_contact c
WHERE c.verified_at IS NULL AND c.created_at < %(asked)s
  AND NOT EXISTS (SELECT FROM newsletters_consent k WHERE k.contact_id = c.id
      AND (k.action <> 'requested' OR k.at >= %(asked)s))
  AND NOT EXISTS (SELECT FROM newsletters_syncstate s WHERE s.contact_id = c.id
      AND (s.there <> 'absent' OR s.state IN ('pending', 'pending_erase')))
  AND NOT newsletter_customer(c.address)
LIMIT %(batch)s
"""
# Nothing is confirmed, a while ago already, nothing is on the platform, and they don't pay.
OVER = """
SELECT c.id FROM newsletters_contact c
CROSS JOIN LATERAL (
    SELECT coalesce(bool_or(last.action = 'confirmed'), false) AS confirmed,
        coalesce(bool_or(last.action = 'withdrawn'), false) AS withdrawn
    FROM (
        SELECT DISTINCT ON (k.topic_id) k.action FROM newsletters_consent k
        WHERE k.contact_id = c.id AND k.action IN ('confirmed', 'withdrawn', 'resumed')
        ORDER BY k.topic_id, k.id DESC
    ) last
) said
WHERE NOT said.confirmed AND said.withdrawn = %(withdrawn)s AND c.created_at < %(stopped)s
  AND NOT EXISTS (SELECT FROM newsletters_consent k WHERE k.contact_id = c.id AND k.at >= %(stopped)s)
  AND NOT EXISTS (SELECT FROM newsletters_syncstate s WHERE s.contact_id = c.id
      AND (s.there IN ('active', 'maybe') OR s.state IN ('pending', 'pending_erase')))
  AND c.erase_asked_at IS NULL AND NOT newsletter_customer(c.address)
LIMIT %(batch)s
"""


def delete(contact_ids: Collection[uuid.UUID]) -> None:
    """Delete contacts and everything that hangs on them; what stays is the suppression list's hash."""
    for model in (Drift, SyncState, Consent):
        model._base_manager.filter(contact_id__in=contact_ids).delete()
    Contact.objects.filter(id__in=contact_ids).delete()


def tidy(*, now: datetime) -> dict[str, int]:
    """Delete what has had its time; return how many contacts of each kind."""
    values = {"asked": now - timedelta(days=REQUEST_DAYS), "stopped": now - KEEP_WITHDRAWN, "batch": BATCH}
    counts = {
        "unconfirmed": _tidy(UNCONFIRMED, values),
        # what somebody objected to is remembered by a hash; who only stopped paying is forgotten
        "withdrawn": _tidy(OVER, {**values, "withdrawn": True}, reason=Suppression.Reason.WITHDRAWN, now=now),
        "lapsed": _tidy(OVER, {**values, "withdrawn": False}),
    }
    with transaction.atomic():
        PlatformEvent.objects.filter(received_at__lt=now - KEEP_NOTICES).delete()
        old = Reconcile.objects.filter(started_at__lt=now - KEEP_RUNS)
        Drift.objects.filter(run__in=old).delete()
        old.delete()
    return counts


def _tidy(
    query: str, values: dict[str, Any], *, reason: Suppression.Reason | None = None, now: datetime | None = None
) -> int:
    done = 0
    while True:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(query, values)
                ids = [row[0] for row in cursor.fetchall()]
            if reason is not None and now is not None:
                keys = Contact.objects.filter(id__in=ids).values_list("address_key", flat=True)
                Suppression.objects.bulk_create(
                    [Suppression(address_key=key, reason=reason, at=now) for key in keys], ignore_conflicts=True
                )
            delete(ids)
        done += len(ids)
        if len(ids) < BATCH:
            return done
