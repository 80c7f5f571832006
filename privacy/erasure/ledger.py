"""The ledger of erasures and withdrawn consent: one object per line in storage, numbered, never changed, outside the
database's backups.

A database that was restored knows fewer lines than there are: then nobody is served and no system outside is asked
until `manage.py replay_erasures` has done again what the lines say. A line holds random numbers of rows, no names.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from django.db import connection, transaction
from django.db.models import Max

from privacy.models import LedgerPosition
from webanizr.core import storage

PREFIX = "ledger/erasures/"
LOCK = 0x57425A4C  # one writer at a time


class Behind(RuntimeError):
    """There are lines that this database hasn't followed: a further one would hide them."""


def _key(seq: int) -> str:
    return f"{PREFIX}{seq:010d}.json"


def append(request_id: str, line: dict[str, Any]) -> int:
    """Write a line unless this request or withdrawal has one, and note that this database knows it; return its number.

    As eraser, or for a withdrawal as worker. Raises Behind after a restored backup.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        ours = LedgerPosition.objects.filter(request_ref=request_id).first()
        if ours is not None:
            return ours.seq
        before = position()
        for seq, known in lines(after=before):
            if known["request"] != request_id or seq != before + 1:
                raise Behind(f"line {seq} hasn't been followed")
            note(seq, known)  # stored by an attempt that died before it was noted
            return seq
        content = {**line, "request": request_id, "seq": before + 1, "before": _digest_at(before)}
        data = json.dumps(content, sort_keys=True).encode()
        storage.put(_key(before + 1), data, content_type="application/json")
        note(before + 1, content)
        return before + 1


def note(seq: int, line: dict[str, Any]) -> None:
    """Note that this database has followed the line."""
    facts = {"request_ref": line["request"], "digest": _digest(line)}
    LedgerPosition.objects.get_or_create(seq=seq, defaults=facts)


def _digest(line: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(line, sort_keys=True).encode()).hexdigest()


def _digest_at(seq: int) -> str:
    if seq == 0:
        return ""
    return hashlib.sha256(storage.get(_key(seq))).hexdigest()


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
    found = max(0, head() - position())
    if found:  # a line is stored just before the database that wrote it knows it: wait for who is writing one now
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [LOCK])
            found = max(0, head() - position())
    return found
