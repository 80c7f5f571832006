"""Background work of this application: the statement and its proof, and what consent asks for."""

from __future__ import annotations

import logging
import uuid

from celery import shared_task
from django.utils import timezone

from privacy import notices
from privacy.erasure import engine, ledger, withdrawals
from privacy.services import deadlines, proof, retention, statement, upkeep
from webanizr.core.tasks import TenantTask, tenant_ids

log = logging.getLogger(__name__)


@shared_task(name="privacy.tasks.gather_evidence")
def gather_evidence() -> None:
    """Count what the proof page shows."""
    proof.gather_evidence(now=timezone.now())


@shared_task(name="privacy.tasks.publish_statement")
def publish_statement() -> None:
    """Publish the statement when its words or tables have changed."""
    statement.publish_statement(now=timezone.now())


@shared_task(base=TenantTask, name="privacy.tasks.notify_statement")
def notify_statement(*, number: int) -> None:
    """Tell an account's members that the statement changed."""
    statement.notify_members(number=number)


@shared_task(base=TenantTask, name="privacy.tasks.notify_access")
def notify_access(*, log_id: str) -> None:
    """Mail the owners what a line of the log says. Queued by the database in the act's own transaction."""
    notices.tell(log_id)


@shared_task(base=TenantTask, name="privacy.tasks.keep_withdrawal", atomic=False)
def keep_withdrawal(*, account_id: uuid.UUID, grant_id: str) -> None:
    """Keep outside the database that consent was withdrawn. Queued by the database with the withdrawal."""
    with ledger.when_followed():
        withdrawals.keep(account_id=account_id, grant_id=uuid.UUID(grant_id))


@shared_task(base=TenantTask, name="privacy.tasks.keep_objection", atomic=False)
def keep_objection(*, account_id: uuid.UUID, person_id: str, processor: str, said: str) -> None:
    """Keep outside the database that somebody said no to a processor."""
    with ledger.when_followed():
        withdrawals.keep_objection(person_id=uuid.UUID(person_id), processor=processor, said=uuid.UUID(said))


@shared_task(base=TenantTask, name="privacy.tasks.keep_ask_first", atomic=False)
def keep_ask_first(*, account_id: uuid.UUID, actor_id: str, said: str) -> None:
    """Keep outside the database that an account always wants to be asked first."""
    with ledger.when_followed():
        withdrawals.keep_ask_first(account_id=account_id, actor_id=uuid.UUID(actor_id), said=uuid.UUID(said))


@shared_task(base=TenantTask, name="privacy.tasks.notify_reply")
def notify_reply(*, message_id: str) -> None:
    """Mail the asker that there is an answer."""
    notices.tell_reply(message_id)


@shared_task(name="privacy.tasks.expire_consents")
def expire_consents() -> None:
    """End requests, consent and sessions that have had their time."""
    upkeep.expire_consents()


@shared_task(name="privacy.tasks.keep_log_heads")
def keep_log_heads() -> None:
    """Copy the head of every log that grew to storage outside the database."""
    for account_id in tenant_ids():
        upkeep.keep_head(account_id)


@shared_task(name="privacy.tasks.forget_questions")
def forget_questions() -> None:
    """Delete questions, with their consent, a year after they were closed."""
    for account_id in tenant_ids():
        while upkeep.forget_questions(account_id) == upkeep.BATCH:
            pass


@shared_task(name="privacy.tasks.advance_erasures", queue="erase")
def advance_erasures() -> None:
    """Run what is due of every erasure; runs as the eraser. After a restore nothing, until the ledger is replayed."""
    try:
        engine.advance()
    except engine.Stopped as error:
        log.error("erasures stand still: %s", error)


@shared_task(name="privacy.tasks.sound_alarms")
def sound_alarms() -> None:
    """Mail staff about erasures that have been open for long."""
    deadlines.sound_alarms(now=timezone.now())


@shared_task(name="privacy.tasks.tell_people", queue="erase")
def tell_people() -> None:
    """Remind who is about to be erased, and tell whose term was extended; runs as the eraser."""
    deadlines.tell_people(now=timezone.now())


@shared_task(name="privacy.tasks.keep_terms", queue="erase")
def keep_terms() -> None:
    """Delete what has had its time, by the data map's terms; runs as the eraser."""
    retention.delete_expired(now=timezone.now())
