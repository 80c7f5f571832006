"""Background work of the newsletter: tasks of the outbox take ids, those of the clock find what is due."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from celery import shared_task
from django.conf import settings
from django.db import connection
from django.utils import timezone

from accounts.models import User
from newsletters.services import customers, erasure, events, forgetting, package, reconcile, stops, sync
from newsletters.tokens import Purpose
from privacy.erasure import ledger
from webanizr.core import tenancy
from webanizr.core.tasks import TenantTask

QUEUE = "sync"  # a slow platform holds no mail up


@shared_task(base=TenantTask, name="newsletters.tasks.push", queue=QUEUE, atomic=False)
def push(*, account_id: uuid.UUID, contact_id: str) -> None:
    """Bring one contact in step with the audience."""
    sync.push(uuid.UUID(contact_id))


@shared_task(base=TenantTask, name="newsletters.tasks.follow_account", queue="default")
def follow_account() -> None:
    """An account started or stopped paying: look again at its owners."""
    customers.follow_account(account_id=tenancy.current_account_id(), now=timezone.now())


@shared_task(base=TenantTask, name="newsletters.tasks.follow_person", queue="default")
def follow_person(*, user_id: str) -> None:
    """Somebody's address or role changed: look again at them."""
    user = User.objects.filter(id=user_id).first()
    if user is not None:
        customers.follow_person(user=user, now=timezone.now())


@shared_task(base=TenantTask, name="newsletters.tasks.hear", queue=QUEUE, atomic=False)
def hear(*, account_id: uuid.UUID, event_id: str) -> None:
    """Look up what a webhook told."""
    events.hear(uuid.UUID(event_id))


@shared_task(base=TenantTask, name="newsletters.tasks.reconcile", queue=QUEUE, atomic=False)
def go_on_reconciling(*, account_id: uuid.UUID, run_id: str) -> None:
    """Compare the platform's list with the audience, a slice of time at once."""
    reconcile.go_on(uuid.UUID(run_id))


@shared_task(base=TenantTask, name="newsletters.tasks.note_line", queue=QUEUE, atomic=False)
def note_line(*, account_id: uuid.UUID, line_id: int) -> None:
    """Keep an unsubscribe outside the database."""
    with ledger.when_followed():
        stops.note_line(line_id)


@shared_task(base=TenantTask, name="newsletters.tasks.note_pause", queue=QUEUE, atomic=False)
def note_pause(*, account_id: uuid.UUID, contact_id: str, until: str) -> None:
    """Keep a pause outside the database."""
    with ledger.when_followed():
        stops.note_pause(contact_id=uuid.UUID(contact_id), until=datetime.fromisoformat(until))


@shared_task(base=TenantTask, name="newsletters.tasks.note_suppression", queue=QUEUE, atomic=False)
def note_suppression(*, account_id: uuid.UUID, key: str, reason: str, at: str) -> None:
    """Keep a suppression outside the database."""
    with ledger.when_followed():
        stops.note_suppression(key=key, reason=reason, at=datetime.fromisoformat(at))


@shared_task(base=TenantTask, name="newsletters.tasks.tell_package_ready", queue="mail")
def tell_package_ready(*, job_id: str) -> None:
    """Mail a subscriber that everything about them is there to fetch."""
    package.tell_ready(uuid.UUID(job_id))


@shared_task(base=TenantTask, name="newsletters.tasks.mail_erase_link", queue="mail")
def mail_erase_link(*, contact_id: str) -> None:
    """Mail a subscriber the link to erase themselves: staff were asked for it."""
    erasure.mail_link(contact_id=uuid.UUID(contact_id), purpose=Purpose.ERASE)


# --- by the clock


@contextmanager
def _alone(name: str) -> Iterator[bool]:
    """Yield whether no other process does this now; the lock goes with the connection, so with a killed worker."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtext(%s))", [f"newsletters.{name}"])
        alone = bool(cursor.fetchone()[0])
    try:
        yield alone
    finally:
        if alone:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtext(%s))", [f"newsletters.{name}"])


@shared_task(name="newsletters.tasks.drain", queue=QUEUE)
def drain() -> None:
    """Every minute: push what is due, and let comparisons go on that staff released."""
    with _alone("drain") as alone:
        if alone:
            sync.drain()
            reconcile.resume_released()


@shared_task(name="newsletters.tasks.look_round", queue=QUEUE)
def look_round() -> None:
    """Every ten minutes: queue who left or joined the audience by the clock alone (a pause or a paid period ended)."""
    with _alone("look_round") as alone:
        if alone and settings.MAILING_PLATFORM:
            reconcile.fill(provider=settings.MAILING_PLATFORM)


@shared_task(name="newsletters.tasks.reconcile_nightly", queue=QUEUE)
def reconcile_nightly() -> None:
    """Every night: compare the platform's whole list with the audience."""
    reconcile.start(now=timezone.now())


@shared_task(name="newsletters.tasks.tidy", queue="erase")
def tidy() -> None:
    """Every night, as the eraser: delete requests that nobody confirmed, and addresses with no reason to be here."""
    forgetting.tidy(now=timezone.now())
