"""Gathering the proof page's figures: every witness looks, each in a transaction of its own."""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import DatabaseError, transaction
from django.utils.translation import override

from privacy.evidence import load
from privacy.models import Evidence

log = logging.getLogger(__name__)


def gather_evidence(*, now: datetime) -> int:
    """Let every witness look and store what it found; return how many did. Runs as the worker.

    A witness that fails stores nothing: its last finding grows old, and the page says so.
    """
    found = 0
    for key, witness in load().items():
        try:
            with transaction.atomic(), override("en-gb"):
                finding = witness.look(now)
                if finding is None:
                    Evidence.objects.filter(key=key).delete()
                    continue
                facts = {"promise": witness.promise, "value": str(finding.value), "params": finding.params}
                Evidence.objects.update_or_create(key=key, defaults={**facts, "holds": finding.holds, "at": now})
            found += 1
        except DatabaseError as error:
            log.warning("evidence %s could not be gathered: %s", key, type(error).__name__)
    with transaction.atomic():
        Evidence.objects.exclude(key__in=load()).delete()
    return found
