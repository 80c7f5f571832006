"""Staff look: a session on a grant, a log line for each record, all inside the database's own gate (promise 10).

Opening a session, and ordering a look at a record, are acts of their own: they must have been committed before a row
shows. So a page that shows a record is always another request than the one that asked for it.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from privacy import gate
from privacy.gate import LiveScope
from privacy.models import AccessGrant, AccessSession, Action
from privacy.people import Person
from privacy.services.refusals import in_words, refusal
from webanizr.core import outbox, tenancy, vault


def open_access_session(*, grant: AccessGrant, reason: str, actor: Person, action: str = Action.VIEW) -> AccessSession:
    """Start a look-in of half an hour at most; the log's line and the customer's notice are part of it. Staff service.

    Nothing shows before this transaction has been committed. Args: action: view, change or export; reason: 10 to 300
    characters, which the customer can read. Raises ConsentError: no consent for this, reason too short.
    """
    with tenancy.tenant(grant.account_id, user_id=actor.pk):
        with in_words(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT open_access_session(%s, %s, %s, %s)",
                [grant.account_id, grant.id, str(action), " ".join(reason.split())[:300]],
            )
            session_id = cursor.fetchone()[0]
        transaction.on_commit(outbox.nudge, robust=True)
        return AccessSession.objects.select_related("grant").get(account_id=grant.account_id, id=session_id)


def close_access_session(*, session: AccessSession, actor: Person) -> bool:
    """Stop looking ("Stop nu"); return whether it was still open. Staff service."""
    with tenancy.tenant(session.account_id, user_id=actor.pk), connection.cursor() as cursor:
        cursor.execute("SELECT close_access_session(%s, %s)", [session.account_id, session.id])
        closed = bool(cursor.fetchone()[0])
    transaction.on_commit(outbox.nudge, robust=True)
    return closed


@contextmanager
def open_scope(session: AccessSession, *, actor_id: uuid.UUID, action: str = Action.VIEW) -> Iterator[LiveScope]:
    """Let the block see what the session's consent covers, and nothing else; raises ConsentError when it has ended.

    For the staff service and the exporter. Queries in it name `account_id=scope.account_id`. A record's row shows once
    `record_view` for it was committed.
    """
    with tenancy.tenant(session.account_id, user_id=actor_id):
        outer, token = gate.current.get(), None
        _set_session(session.id)
        try:
            found = gate.live_scope(action)
            if found is None:
                raise refusal("no_consent")
            token = gate.current.set(found)
            with vault.access_session(session.id):
                yield found
        finally:
            if token is not None:
                gate.current.reset(token)
            if not connection.needs_rollback:
                _set_session(outer.session_id if outer else None)


def _set_session(session_id: uuid.UUID | None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('webanizr.access_session', %s, true)", [str(session_id or "")])


def record_view(*, session: AccessSession, submission_id: uuid.UUID, actor: Person) -> int:
    """Write in the log that this record is looked at; it shows in the next transaction. Return the line's number.

    Once per record and session. Raises ConsentError when the session has ended or doesn't cover it. Staff service.
    """
    with open_scope(session, actor_id=actor.pk), in_words(), connection.cursor() as cursor:
        cursor.execute("SELECT record_view(%s)", [submission_id])
        return int(cursor.fetchone()[0])


def record_file_view(*, session: AccessSession, submission_id: uuid.UUID, file_id: uuid.UUID, actor: Person) -> int:
    """Write in the log that this file is looked at; it shows in the next transaction. Return the line's number.

    Once per file and session, and only of a record that was looked at in it. Raises ConsentError. Staff service.
    """
    with open_scope(session, actor_id=actor.pk), in_words(), connection.cursor() as cursor:
        cursor.execute("SELECT record_file_view(%s, %s)", [submission_id, file_id])
        return int(cursor.fetchone()[0])


def order_export(*, session: AccessSession, actor: Person) -> uuid.UUID:
    """Let the exporter write what the session covers as CSV, under its own login; return the job's id. Staff service.

    The log's line and the customer's notice come first. Raises ConsentError without a live session for exporting.
    """
    with open_scope(session, actor_id=actor.pk, action=Action.EXPORT):
        with in_words(), connection.cursor() as cursor:
            cursor.execute("SELECT order_export()")
            job_id: uuid.UUID = cursor.fetchone()[0]
        transaction.on_commit(outbox.nudge, robust=True)
    return job_id
