"""Storing a submission: sealed, and in one round trip with its outbox row, by a login that can't read it back."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import DEFAULT_DB_ALIAS, connections
from psycopg2 import IntegrityError, InterfaceError, OperationalError

from sites.fields import kept
from sites.fields.kept import Kept
from sites.hosting.intakekeys import intake_keys
from webanizr.core import outbox, ratelimit, vault

if TYPE_CHECKING:
    from sites.hosting.post import Post

# One query string is one round trip and one transaction of its own (the connection is in autocommit).
SQL = "SELECT take_submission(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
FILE = """;
INSERT INTO sites_upload (id, account_id, site_id, submission_id, intake_key_id, size, created_at)
    VALUES (%s, %s, %s, %s, %s, %s, coalesce(%s, clock_timestamp()))"""
LIMITS = """SELECT set_config('webanizr.account_id', %s, true);
INSERT INTO core_outbox (id, account_id, task, args, state, attempts, due_at, created_at, error)
    VALUES (gen_random_uuid(), %s, 'sites.tasks.follow_limits', '{}', 'pending', 0,
        clock_timestamp() + make_interval(secs => %s), clock_timestamp(), '')"""
FOLLOW_SECONDS = 10
UNIQUE_VIOLATION = "23505"  # PostgreSQL, appendix A
TASK = "sites.tasks.notify_submission"


class Stored(Exception):
    """A submission with this id is there already."""


class FileUsed(Exception):
    """A file of this post belongs to a submission already: the visitor went back and sent another one with it."""


def files_of(post: Post) -> list[Kept]:
    """Return the files that the answers name."""
    names = [note for name in post.form.file_fields for note in post.values.get(name, ())]
    return list({known.id: known for note in names if (known := kept.read(note)) is not None}.values())


def submission(
    post: Post, answers: dict[str, Any], *, submission_id: uuid.UUID, quarantined: bool, now: datetime | None = None
) -> None:
    """Store one submission with its files.

    Raises Stored for a second time, FileUsed, NoSiteKey, and psycopg2's or Django's DatabaseError when the database is
    away.
    """
    pointer, form = post.pointer, post.form
    key = intake_keys.of(pointer)
    ids = {"account_id": pointer.account_id, "site_id": pointer.site_id, "form_id": form.id}
    content = {"fields": form.asked, "values": answers, "language": post.version.manifest["site"]["language"]}
    sealed = vault.seal(content, key=key, submission_id=submission_id, **ids)
    account, site, message = str(pointer.account_id), str(pointer.site_id), str(submission_id)
    sql = SQL
    values = [account, message, site, post.form_id, str(key.id), sealed, now, form.retention_days, quarantined, TASK]
    for known in files_of(post):
        sql += FILE
        values += [str(known.id), account, site, message, str(known.key_id), known.size, now]
    try:
        _store(sql, values)
    except IntegrityError as error:
        if error.pgcode == UNIQUE_VIOLATION:
            raise (FileUsed if error.diag.constraint_name == "sites_upload_pkey" else Stored) from error
        intake_keys.forget(pointer.site_id)  # made for a pair that is gone: the next post makes another
        raise
    outbox.nudge_soon()


def used(post: Post) -> set[uuid.UUID]:
    """Return which of the post's files went along with a submission already.

    This login reads no rows, so it tries: the key refuses a file that is there, and for any other one there is no such
    submission, so nothing is ever stored.
    """
    found: set[uuid.UUID] = set()
    account, site = str(post.pointer.account_id), str(post.pointer.site_id)
    for known in files_of(post):
        nothing = str(uuid.uuid4())
        values = [account, str(known.id), account, site, nothing, str(known.key_id), known.size, None]
        try:
            _store(f"SELECT set_config('webanizr.account_id', %s, true){FILE}", values)
        except IntegrityError as error:
            if error.pgcode == UNIQUE_VIOLATION:
                found.add(known.id)
    return found


def follow_limits(account_id: uuid.UUID) -> None:
    """Have the worker count what is stored for the account, files that nobody sent yet among it; soon, and once.

    Raises psycopg2's or Django's DatabaseError when the database is away.
    """
    if ratelimit.hit("follow limits", str(account_id), limit=1, seconds=FOLLOW_SECONDS) == 0:
        _store(LIMITS, [str(account_id), str(account_id), FOLLOW_SECONDS])


def _store(sql: str, values: list[Any]) -> None:
    """Store it; on a connection that turns out broken once more on a new one: the id refuses a second row."""
    database = connections[DEFAULT_DB_ALIAS]  # asked for once: the proxy looks this thread's up at every use
    database.ensure_connection()
    try:
        with database.connection.cursor() as cursor:  # psycopg2's own: Django's adds a fifth to this call
            cursor.execute(sql, values)
    except (OperationalError, InterfaceError):
        if database.is_usable():
            raise
        database.close()
        database.ensure_connection()
        with database.connection.cursor() as cursor:
            cursor.execute(sql, values)
