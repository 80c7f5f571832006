"""The outbox: side effects are rows of the transaction that causes them; a relay hands them to Celery, fairly.

Serves promises 06 and 08: nothing leaves unless its cause was committed, and nothing that was committed is forgotten.
"""

from __future__ import annotations

import logging
import time
import uuid
from datetime import datetime, timedelta

from celery import current_app
from django.db import connection, transaction
from django.utils import timezone

from webanizr.core import tenancy
from webanizr.core.models import Outbox

log = logging.getLogger(__name__)

LEASE_SECONDS = 120
PER_ACCOUNT = 8  # rows of one account per turn, so that a busy one can't hold the others up
PER_TURN = 200
MAX_ATTEMPTS = 12

Argument = uuid.UUID | str | int


def add(
    task: str, *, account_id: uuid.UUID | None = None, due_at: datetime | None = None, **ids: Argument
) -> uuid.UUID:
    """Store that `task` must run once this transaction has committed; return the outbox row's id.

    Args: task: the Celery task's name; account_id: default the current account; due_at: not before then; ids: keyword
    arguments of the task. Content never goes in here: ids only.
    """
    if account_id is not None and account_id == tenancy.PLATFORM_ACCOUNT:
        with tenancy.context(account_id=tenancy.PLATFORM_ACCOUNT, user_id=tenancy.current_user_id()):
            return _add(task, due_at, ids)
    return _add(task, due_at, ids)


def _add(task: str, due_at: datetime | None, ids: dict[str, Argument]) -> uuid.UUID:
    args = {key: str(value) if isinstance(value, uuid.UUID) else value for key, value in ids.items()}
    row = Outbox(id=uuid.uuid4(), task=task, args=args, due_at=due_at or timezone.now())
    row.save(force_insert=True)
    nudge_after()
    return row.id


def nudge_after() -> None:
    """Nudge once the open transaction has committed: it stored a row, itself or through a function of the database."""
    if not any(hook[1] is nudge for hook in connection.run_on_commit):  # one nudge per transaction is enough
        transaction.on_commit(nudge, robust=True)


def nudge() -> None:
    """Tell a worker that there is something to relay. A dead broker is no error: beat asks every second anyway."""
    try:
        current_app.send_task("webanizr.core.tasks.relay", queue="default", expires=30, retry=False, ignore_result=True)
    except Exception as error:  # whatever the transport raises: the row is committed and will be relayed later
        log.warning("the broker could not be reached (%s); the outbox waits", type(error).__name__)


def claim(*, per_account: int = PER_ACCOUNT, total: int = PER_TURN, lease: int = LEASE_SECONDS) -> list[Outbox]:
    """Lease what is due, a few rows of each account; return the leased rows.

    Args: per_account, total: most rows; lease: seconds after which a row that wasn't finished is handed out again.
    The worker's login sees one account at a time: the SECURITY DEFINER function `outbox_claim` looks across them.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, account_id, task, args FROM outbox_claim(%s, %s, make_interval(secs => %s))",
            [per_account, total, lease],
        )
        rows = cursor.fetchall()
    return [Outbox(id=row[0], account_id=row[1], task=row[2]) for row in rows]


def relay() -> int:
    """Hand what is due to Celery; return how many rows were handed over.

    A row that can't be handed over (broker away) goes back at once; one whose message gets lost comes back when its
    lease ends.
    """
    handed = 0
    while rows := claim():
        for row in rows:
            try:
                task = current_app.tasks[row.task]
                task.apply_async(
                    kwargs={"outbox_id": str(row.id), "account_id": str(row.account_id)},
                    retry=False,
                )
                handed += 1
            except Exception as error:  # an unknown task or any error of the transport: the row must not stay leased
                log.warning("outbox %s could not be handed over: %s", row.id, type(error).__name__)
                give_back(row.account_id, row.id, seconds=5, error=type(error).__name__, counted=False)
        if len(rows) < PER_TURN:
            break
    return handed


def give_back(
    account_id: uuid.UUID, row_id: uuid.UUID, *, seconds: float, error: str = "", counted: bool = True
) -> None:
    """Make a leased row due again after `seconds`; with `counted`, dead-letter it after MAX_ATTEMPTS.

    Args: error: a code without personal data, for staff.
    """
    with tenancy.tenant(account_id):
        row = Outbox.objects.select_for_update().filter(id=row_id, state=Outbox.State.LEASED).first()
        if row is None:
            return
        if not counted:
            row.attempts = max(0, row.attempts - 1)
        dead = row.attempts >= MAX_ATTEMPTS
        row.state = Outbox.State.DEAD if dead else Outbox.State.PENDING
        row.due_at = timezone.now() + timedelta(seconds=seconds)
        row.leased_until = None
        row.error = error[:200]
        row.finished_at = timezone.now() if dead else None
        row.save(update_fields=["state", "due_at", "leased_until", "error", "attempts", "finished_at"])
        if dead:
            log.error("outbox %s is dead after %s attempts: %s", row.id, row.attempts, row.error)


def revive(account_id: uuid.UUID, row_id: uuid.UUID) -> bool:
    """Let a dead row try again from the start (staff); return whether there was one."""
    with tenancy.tenant(account_id):
        revived = Outbox.objects.filter(id=row_id, state=Outbox.State.DEAD).update(
            state=Outbox.State.PENDING, attempts=0, due_at=timezone.now(), finished_at=None
        )
        if revived:
            transaction.on_commit(nudge, robust=True)
        return bool(revived)


_last_nudge = 0.0


def nudge_soon() -> None:
    """Nudge at most twice a second: for the busy intake, whose rows are relayed within a second anyway."""
    global _last_nudge
    now = time.monotonic()
    if now - _last_nudge > 0.5:
        _last_nudge = now
        nudge()
