"""Long work that a person waits for: a Job row with step i of n, shown and polled by its page."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from webanizr.core import outbox, tenancy
from webanizr.core.models import Job

RESULT_DAYS = 7


def start(*, kind: str, task: str, actor_id: uuid.UUID, params: dict[str, Any] | None = None) -> Job:
    """Store a queued job of the current account and its outbox row; the task gets `job_id`.

    Args: kind: what the page calls it; task: the Celery task's name; actor_id: who asked; params: ids and options only.
    """
    job = Job.objects.create(kind=kind, params=params or {}, created_by=actor_id)
    outbox.add(task, job_id=job.id)
    return job


def progress(
    account_id: uuid.UUID, job_id: uuid.UUID | str, *, done: int, total: int | None = None, message: str = ""
) -> None:
    """Say how far the job is, in a transaction of its own, so that the waiting person sees it."""
    changes: dict[str, Any] = {"state": Job.State.RUNNING, "done": done}
    if total is not None:
        changes["total"] = total
    if message:
        changes["message"] = message
    with tenancy.tenant(account_id):
        Job.objects.filter(id=job_id).update(**changes)


def finish(
    account_id: uuid.UUID, job_id: uuid.UUID | str, *, result_key: str = "", result_bytes: int = 0, then: str = ""
) -> None:
    """Mark the job done; its result is kept for RESULT_DAYS.

    Args: then: a task that must run after it, in the same transaction put in the outbox; it gets `job_id`.
    """
    now = timezone.now()
    with tenancy.tenant(account_id):
        Job.objects.filter(id=job_id).update(
            state=Job.State.DONE,
            message="",
            result_key=result_key,
            result_bytes=result_bytes,
            finished_at=now,
            expires_at=now + timedelta(days=RESULT_DAYS),
        )
        if then:
            outbox.add(then, job_id=str(job_id))


def fail(account_id: uuid.UUID, job_id: uuid.UUID | str, *, message: str, now: datetime | None = None) -> None:
    """Mark the job failed, with words for the person who waits."""
    with tenancy.tenant(account_id):
        Job.objects.filter(id=job_id).update(
            state=Job.State.FAILED, message=message[:120], finished_at=now or timezone.now()
        )
