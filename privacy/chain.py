"""The log's chain of hashes, computed apart from the database that writes it: whoever changes a line breaks it.

A line's text is its columns, in the order of `COLUMNS`, with "|" between them and nothing for what is empty; its
hash is SHA-256 of the former line's hash and that text. docs/consent.md shows how to do it with other tools.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

START = bytes(32)
COLUMNS = (
    "account_id",
    "seq",
    "at",
    "event",
    "by",
    "actor_id",
    "question_id",
    "request_id",
    "grant_id",
    "session_id",
    "site_id",
    "form_id",
    "submission_id",
    "number",
    "before",
    "after",
)


@dataclass(frozen=True)
class Chain:
    """The outcome of a recount. `broken_at`: number of the first line that doesn't fit, 0 when all do."""

    lines: int
    head: bytes
    broken_at: int = 0

    @property
    def whole(self) -> bool:
        """Whether every line follows the one before it."""
        return self.broken_at == 0


def moment(at: datetime) -> str:
    """Return a moment as the chain writes it: UTC, microseconds."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def cell(value: Any) -> str:
    """Return one column's text."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    return str(value)


def text(line: Any) -> str:
    """Return the text of a line (an AccessLog) that is hashed."""
    return "|".join(cell(getattr(line, name)) for name in COLUMNS)


def link(previous: bytes, line_text: str) -> bytes:
    """Return the hash of a line, given the hash of the one before it."""
    return hashlib.sha256(previous + line_text.encode()).digest()


def recount(lines: Iterable[Any], *, known: dict[int, bytes] | None = None) -> Chain:
    """Recompute the chain of one account's lines (AccessLog, in order of `seq`) and compare.

    Args: known: {number: hash} that were kept outside the database; a chain that was rewritten as a whole differs from
    those, and one that was cut off lacks them.
    """
    outside = dict(known or {})
    head, count = START, 0
    for line in lines:
        count += 1
        wanted = link(head, text(line))
        if line.seq != count or bytes(line.previous) != head or bytes(line.hash) != wanted:
            return Chain(count, head, broken_at=min(line.seq, count))
        if outside.pop(count, wanted) != wanted:
            return Chain(count, head, broken_at=count)
        head = wanted
    if outside:
        return Chain(count, head, broken_at=count + 1)
    return Chain(count, head)
