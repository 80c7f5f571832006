"""Writes of the inbox: read, unread, delete with a way back, out of quarantine."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime

from django.utils import timezone

from accounts.models import User
from accounts.services import audit
from sites.models import Submission

ACTIONS = ("read", "unread", "delete", "restore", "release")


def mark_read(*, submission: Submission, actor: User, now: datetime | None = None) -> None:
    """Note that a message was opened."""
    if submission.read_at is None:
        submission.read_at = now or timezone.now()
        submission.save(update_fields=["read_at"])


def change(*, ids: Collection[uuid.UUID], action: str, actor: User, now: datetime | None = None) -> int:
    """Do `action` (one of ACTIONS) to messages of the current account; return how many there were.

    Deleted messages stay in the trash for 30 days. Raises ValueError for another action.
    """
    rows = Submission.objects.filter(id__in=ids)
    moment = now or timezone.now()
    if action == "read":
        count = rows.filter(read_at=None).update(read_at=moment)
    elif action == "unread":
        count = rows.update(read_at=None)
    elif action == "delete":
        count = rows.filter(deleted_at=None).update(deleted_at=moment)
    elif action == "restore":
        count = rows.update(deleted_at=None)
    elif action == "release":
        count = rows.update(quarantined=False)
    else:
        raise ValueError(action)
    for row_id in ids if action in ("delete", "restore", "release") else ():
        audit.record(f"submission.{action}", actor_id=actor.pk, target_id=row_id)
    return count
