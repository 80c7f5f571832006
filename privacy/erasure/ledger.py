"""The ledger: erasures and every no that was said, one object per line in storage, numbered, never changed, outside
the database's backups.

A database that was restored knows fewer lines than there are: then nobody is served and no system outside is asked
until `manage.py replay_erasures` has done again what the lines say. A line holds random numbers of rows and keyed
hashes, no names.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction
from django.db.models import Max

from privacy.models import LedgerPosition
from webanizr.core import storage
from webanizr.core.tasks import Later

PREFIX = "ledger/erasures/"
LOCK = 0x57425A4C  # one writer at a time


class Behind(RuntimeError):
    """There are lines that this database hasn't followed: a further one would hide them."""


@contextmanager
def when_followed() -> Iterator[None]:
    """Let a task that appends a line wait while a restored backup is brought up to date."""
    try:
        yield
    except Behind as behind:
        raise Later(60) from behind


def _key(seq: int) -> str:
    return f"{PREFIX}{seq:010d}.json"


def append(ref: uuid.UUID | str, line: dict[str, Any]) -> int:
    """Write a line unless what it is about has one; return its number. Repeatable, with the same words each time.

    Its number is committed before the line is stored, and whoever may be killed in between does it again before
    anything follows from it: so a line that this database doesn't know comes from a database that was lost.
    As eraser, or as worker; outside any transaction. Raises Behind after a restored backup.
    """
    if connection.in_atomic_block:
        raise RuntimeError("a line's number must be committed before it is stored")
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        ours = LedgerPosition.objects.filter(request_ref=ref).first()
        seq = ours.seq if ours is not None else position() + 1
        content = {**line, "request": str(ref), "seq": seq, "before": _digest_at(seq - 1)}
        if ours is None:
            for key in storage.keys(PREFIX, after=_key(seq - 1)):
                raise Behind(f"line {_number(key)} hasn't been followed")
            note(seq, content)
    if ours is None or not any(storage.keys(_key(seq))):
        storage.put(_key(seq), json.dumps(content, sort_keys=True).encode(), content_type="application/json")
    return seq


def note(seq: int, line: dict[str, Any]) -> None:
    """Note that this database has followed the line."""
    facts = {"request_ref": line["request"], "digest": _digest(line)}
    LedgerPosition.objects.get_or_create(seq=seq, defaults=facts)


def _digest(line: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(line, sort_keys=True).encode()).hexdigest()


def _digest_at(seq: int) -> str:
    return LedgerPosition.objects.filter(seq=seq).values_list("digest", flat=True).first() or ""


def position() -> int:
    """Return the number of the last line that this database has followed."""
    return LedgerPosition.objects.aggregate(last=Max("seq"))["last"] or 0


def head() -> int:
    """Return the number of the last line there is; raises what the storage raises."""
    last = 0
    for key in storage.keys(PREFIX, after=_key(position())):
        last = max(last, _number(key))
    return last or position()


def _number(key: str) -> int:
    return int(key[len(PREFIX) :].partition(".")[0])


def lines(*, after: int) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield (number, line) of every line after the given number, in order."""
    for key in sorted(storage.keys(PREFIX, after=_key(after))):
        yield _number(key), json.loads(storage.get(key))


def ahead() -> int:
    """Return how many lines this database hasn't followed."""
    last = head()  # looked up first: whoever writes one now has committed its number before
    return max(0, last - position())
