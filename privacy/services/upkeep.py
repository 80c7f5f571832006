"""What ends by itself, copies of the log's heads outside the database, and the retention of closed questions."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone

from privacy import ledger
from privacy.models import AccessGrant, SupportQuestion
from privacy.selectors import log
from webanizr.core import alarms, tenancy

RETENTION_DAYS = 365  # of a closed question, with the consent that belongs to it
BATCH = 500


def expire_consents() -> int:
    """End what has had its time: requests after 72 hours, consent, sessions; a log line each. Return how many.

    For the worker's login. The gate looks at the clock itself and doesn't wait for this.
    """
    total = 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT expire_consents()")
            ended = int(cursor.fetchone()[0])
        total += ended
        if not ended:
            return total


def keep_head(account_id: uuid.UUID, *, now: datetime | None = None) -> bool:
    """Recount an account's log and copy its head to storage; return whether there was something new to copy.

    A log that isn't whole is an alarm, and not copied.
    """
    with tenancy.tenant(account_id):
        found = log.verify(account_id)
        if not found.whole:
            alarms.ring(f"access log broken at line {found.broken_at}", account_id)
            return False
    if not found.lines or any(each.seq == found.lines for each in ledger.heads(account_id)):
        return False
    ledger.keep_head(account_id=account_id, seq=found.lines, hash=bytes.fromhex(found.head), now=now or timezone.now())
    return True


def forget_questions(account_id: uuid.UUID, *, now: datetime | None = None) -> int:
    """Delete an account's questions a year after they were closed, with their consent; return how many.

    So goes consent that was given apart from a question and ended as long ago. The log's numbers stay.
    """
    before = (now or timezone.now()) - timedelta(days=RETENTION_DAYS)
    with tenancy.tenant(account_id):
        ids = list(SupportQuestion.objects.filter(closed_at__lt=before).values_list("id", flat=True)[:BATCH])
        SupportQuestion.objects.filter(id__in=ids).delete()
        AccessGrant.objects.filter(question=None, ended_at__lt=before).delete()
    return len(ids)
