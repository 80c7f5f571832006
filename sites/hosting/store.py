"""Storing a submission: sealed, and in one round trip with its outbox row, by a login that can't read it back."""

from __future__ import annotations

import json
import uuid
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import DatabaseError, IntegrityError, connection
from django.utils import timezone

from sites.hosting.intakekeys import intake_keys
from webanizr.core import outbox, vault

if TYPE_CHECKING:
    from sites.hosting.intake import Post

# One statement string is one round trip and one transaction of its own (the connection is in autocommit).
SQL = """
BEGIN;
SET LOCAL webanizr.account_id = %(account)s;
INSERT INTO sites_submission
    (id, account_id, site_id, form_id, intake_key_id, content, received_at, expires_at, is_test, quarantined)
    VALUES (%(id)s, %(account)s, %(site)s, %(form)s, %(key)s, %(content)s, %(now)s, %(expires)s, false,
        %(quarantined)s);
INSERT INTO core_outbox (id, account_id, task, args, state, attempts, due_at, created_at, error)
    VALUES (%(outbox)s, %(account)s, %(task)s, %(args)s, 'pending', 0, %(now)s, %(now)s, '');
COMMIT;
"""
UNIQUE_VIOLATION = "23505"
TASK = "sites.tasks.notify_submission"


class Stored(Exception):
    """A submission with this id is there already."""


def content(post: Post, answers: dict[str, Any]) -> dict[str, Any]:
    """Return what is kept: the answers, with the fields as they were asked."""
    return {
        "fields": [
            {
                "id": field.id,
                "type": field.type_name(),
                "label": field.label,
                "personal": field.personal,
                "purpose": field.purpose,
            }
            for field in post.fields
        ],
        "values": answers,
        "language": post.version.manifest["site"]["language"],
    }


def retention_days(post: Post) -> int:
    """Return how long the answers are kept: the shortest term that the form or one of its fields names."""
    terms = [field.retention_days for field in post.fields if field.personal != "none" and field.retention_days]
    return min([int(post.form["retention_days"]), *terms])


def submission(
    post: Post, answers: dict[str, Any], *, submission_id: uuid.UUID, quarantined: bool, now: datetime | None = None
) -> None:
    """Store one submission; raises Stored for a second time, DatabaseError when the database is away, NoSiteKey."""
    now = now or timezone.now()
    key = intake_keys.of(post.pointer)
    ids = {"account_id": post.pointer.account_id, "site_id": post.pointer.site_id, "form_id": uuid.UUID(post.form_id)}
    sealed = vault.seal(content(post, answers), key=key, submission_id=submission_id, **ids)
    values: dict[str, Any] = {
        "id": str(submission_id),
        "account": str(post.pointer.account_id),
        "site": str(post.pointer.site_id),
        "form": post.form_id,
        "key": str(key.id),
        "content": sealed,
        "now": now,
        "expires": now + timedelta(days=retention_days(post)),
        "quarantined": quarantined,
        "outbox": str(uuid.uuid4()),
        "task": TASK,
        "args": json.dumps({"submission_id": str(submission_id)}),
    }
    try:
        with connection.cursor() as cursor:
            cursor.execute(SQL, values)
    except IntegrityError as error:
        _reset()
        if getattr(error.__cause__, "pgcode", "") == UNIQUE_VIOLATION:
            raise Stored from error
        intake_keys.forget(post.pointer.site_id)  # made for a pair that is gone: the next post makes another
        raise
    except DatabaseError:
        _reset()
        raise
    outbox.nudge_soon()


def _reset() -> None:
    """Leave the failed transaction; a broken connection is closed, so that the next post opens a new one."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("ROLLBACK")
    except DatabaseError:
        connection.close()
