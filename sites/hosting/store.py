"""Storing a submission: sealed, and in one round trip with its outbox row, by a login that can't read it back."""

from __future__ import annotations

import json
import uuid
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import DatabaseError, IntegrityError, connection
from django.utils import timezone

from sites.fields import kept
from sites.fields.file import File
from sites.fields.kept import Kept
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
{files}INSERT INTO core_outbox (id, account_id, task, args, state, attempts, due_at, created_at, error)
    VALUES (%(outbox)s, %(account)s, %(task)s, %(args)s, 'pending', 0, %(now)s, %(now)s, '');
COMMIT;
"""
FILE = """
INSERT INTO sites_upload (id, account_id, site_id, submission_id, intake_key_id, size, created_at)
    VALUES (%(file_{n})s, %(account)s, %(site)s, %(id)s, %(file_key_{n})s, %(file_size_{n})s, %(now)s);
"""
UNIQUE_VIOLATION = "23505"
TASK = "sites.tasks.notify_submission"


class Stored(Exception):
    """A submission with this id is there already."""


class FileUsed(Exception):
    """A file of this post belongs to a submission already: the visitor went back and sent another one with it."""


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


def files_of(post: Post) -> list[Kept]:
    """Return the files that the answers name."""
    names = [note for field in post.fields if isinstance(field, File) for note in post.values.get(field.id, ())]
    return list({known.id: known for note in names if (known := kept.read(note)) is not None}.values())


def retention_days(post: Post) -> int:
    """Return how long the answers are kept: the shortest term that the form or one of its fields names."""
    terms = [field.retention_days for field in post.fields if field.personal != "none" and field.retention_days]
    return min([int(post.form["retention_days"]), *terms])


def submission(
    post: Post, answers: dict[str, Any], *, submission_id: uuid.UUID, quarantined: bool, now: datetime | None = None
) -> None:
    """Store one submission with its files.

    Raises Stored for a second time, FileUsed, DatabaseError when the database is away, NoSiteKey.
    """
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
    files = files_of(post)
    for n, known in enumerate(files):
        values |= {f"file_{n}": str(known.id), f"file_key_{n}": str(known.key_id), f"file_size_{n}": known.size}
    try:
        with connection.cursor() as cursor:
            cursor.execute(SQL.format(files="".join(FILE.format(n=n) for n in range(len(files)))), values)
    except IntegrityError as error:
        _reset()
        if getattr(error.__cause__, "pgcode", "") == UNIQUE_VIOLATION:
            constraint = error.__cause__.diag.constraint_name  # type: ignore[union-attr]  # psycopg2's, as its code says
            raise (FileUsed if constraint == "sites_upload_pkey" else Stored) from error
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
