"""The base class of every background task, and the platform's own tasks: relay and sweep.

A task starts from an outbox row, opens its account's context and finishes the row in the same transaction, so that a
killed worker or a lost message neither loses nor doubles anything.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from celery import Task, shared_task
from django.db import connection, transaction
from django.utils import timezone

from webanizr.core import outbox, tenancy
from webanizr.core.models import Outbox

SWEEP_BATCH = 5000


class Later(Exception):
    """Raised by a task that must wait (a provider's Retry-After): try again after `seconds`, without counting."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"in {seconds} s")
        self.seconds = seconds


def backoff(attempts: int) -> float:
    """Return the seconds to wait after `attempts` failures: doubling up to an hour, with jitter."""
    return float(min(3600, 2 ** min(attempts, 12))) * random.uniform(0.5, 1.5)  # noqa: S311  # not a secret


class TenantTask(Task):  # type: ignore[type-arg]  # celery's Task is generic in its stubs only
    """Runs one outbox row in its account's context.

    `atomic` tasks run in one transaction together with the row's end: effects in the database happen exactly once.
    With `atomic = False` the task opens `tenancy.tenant(...)` itself for each step and must be idempotent; it gets the
    keyword argument `account_id` as well.
    """

    atomic = True
    abstract = True
    typing = False  # the message names an outbox row; the row holds the arguments of `run`

    def __call__(self, *, outbox_id: str, account_id: str) -> None:
        """Run the row, unless it is done or another worker has it."""
        account, row_id = uuid.UUID(account_id), uuid.UUID(outbox_id)
        try:
            if self.atomic:
                with tenancy.tenant(account):
                    row = self._leased(row_id, lock=True)
                    if row is None:
                        return
                    self.run(**row.args)
                    self._finish(row_id)
                return
            with _single(row_id) as ours:
                if not ours:
                    return
                with tenancy.tenant(account):
                    row = self._leased(row_id)
                if row is None:
                    return
                self.run(account_id=account, **row.args)
                with tenancy.tenant(account):
                    self._finish(row_id)
        except Later as later:
            outbox.give_back(account, row_id, seconds=later.seconds, counted=False)
        except Exception as error:  # any failure is a failed attempt; the outbox decides what comes next
            with tenancy.tenant(account):
                attempts = Outbox.objects.filter(id=row_id).values_list("attempts", flat=True).first() or 1
            outbox.give_back(account, row_id, seconds=backoff(attempts), error=type(error).__name__)
            raise

    @staticmethod
    def _leased(row_id: uuid.UUID, *, lock: bool = False) -> Outbox | None:
        rows = Outbox.objects.filter(id=row_id, state=Outbox.State.LEASED)
        return (rows.select_for_update(skip_locked=True) if lock else rows).first()

    @staticmethod
    def _finish(row_id: uuid.UUID) -> None:
        Outbox.objects.filter(id=row_id).update(state=Outbox.State.DONE, finished_at=timezone.now(), leased_until=None)


@contextmanager
def _single(row_id: uuid.UUID) -> Iterator[bool]:
    """Yield whether this process alone works on the row; the lock goes with the connection, so with a killed worker."""
    key = int.from_bytes(row_id.bytes[:8], "big", signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [key])
        ours = bool(cursor.fetchone()[0])
    try:
        yield ours
    finally:
        if ours:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [key])


@shared_task(name="webanizr.core.tasks.relay")
def relay() -> None:
    """Hand due outbox rows to Celery."""
    outbox.relay()


@shared_task(name="webanizr.core.tasks.sweep")
def sweep() -> None:
    """Delete what has had its time on the platform: finished outbox rows after 7 days."""
    before = timezone.now() - timedelta(days=7)
    for account_id in tenant_ids():
        with tenancy.tenant(account_id):
            old = Outbox.objects.filter(state=Outbox.State.DONE, finished_at__lt=before).values("id")[:SWEEP_BATCH]
            Outbox.objects.filter(id__in=old).delete()


def tenant_ids() -> list[uuid.UUID]:
    """Return every account's id: for nightly work, which then opens each account in turn."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT id FROM accounts_account ORDER BY id")
        return [row[0] for row in cursor.fetchall()]
