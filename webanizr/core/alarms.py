"""Alarms: something that shouldn't happen, for a person at Webanizr to look at. Ids and codes, never content."""

from __future__ import annotations

import logging
import uuid

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from webanizr.core import tenancy
from webanizr.core.models import Alarm

log = logging.getLogger(__name__)

# Services whose login may store one.
RINGING = ("app", "worker", "exporter", "staff")


def ring(code: str, object_id: uuid.UUID) -> None:
    """Note in the current account that `code` happened to an object, and log it; again only adds to its count.

    Args: code: e.g. "unreadable: damaged or moved"; at most 80 characters, without personal data.
    """
    now = timezone.now()
    log.error("alarm: %s: %s", code, object_id)
    if settings.SERVICE not in RINGING or not tenancy.has_account():
        return
    if not Alarm.objects.filter(code=code, object_id=object_id).update(count=F("count") + 1, last_at=now):
        # two at once may both add one: the second one is left out
        Alarm.objects.bulk_create([Alarm.of(code, object_id, now)], ignore_conflicts=True)
