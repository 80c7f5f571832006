"""The log itself: its lines for an export, and the recount that shows that it is whole."""

from __future__ import annotations

import csv
import io
import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from privacy import chain, ledger
from privacy.models import AccessLog
from webanizr.core import tenancy

BATCH = 2000


@dataclass(frozen=True)
class Verification:
    """Whether the log is whole: `lines` that fit; `broken_at`, 0 when all do; `copies` outside the database agree.

    `copied_at`: when the last copy was made; None without any.
    """

    lines: int
    head: str
    broken_at: int
    copies: int
    copied_at: datetime | None = None

    @property
    def whole(self) -> bool:
        """Whether nothing was changed, left out or added."""
        return self.broken_at == 0


def lines(account_id: uuid.UUID) -> Iterator[AccessLog]:
    """Yield an account's lines in order, a batch at a time."""
    after = 0
    while True:
        batch = list(AccessLog.objects.filter(account_id=account_id, seq__gt=after).order_by("seq")[:BATCH])
        yield from batch
        if len(batch) < BATCH:
            return
        after = batch[-1].seq


def verify(account_id: uuid.UUID | None = None) -> Verification:
    """Recount an account's log, the current one's by default, and compare it with the copies outside the database.

    Raises botocore's errors when storage can't be reached: "unknown" isn't "whole".
    """
    account = account_id or tenancy.current_account_id()
    kept = ledger.heads(account)
    known: dict[int, bytes] = {}
    for each in kept:
        known.setdefault(each.seq, each.hash)  # the first copy counts: one that was written over it later doesn't
    found = chain.recount(lines(account), known=known)
    copied_at = max((each.at for each in kept), default=None)
    return Verification(found.lines, found.head.hex(), found.broken_at, len(kept), copied_at)


def as_dict(line: AccessLog) -> dict[str, Any]:
    """Return a line as it is exported: the texts that are hashed, and the hash."""
    row = {name: chain.cell(getattr(line, name)) for name in chain.COLUMNS}
    return {**row, "previous": bytes(line.previous).hex(), "hash": bytes(line.hash).hex()}


def as_json(account_id: uuid.UUID) -> bytes:
    """Return the whole log as JSON, with what is needed to recompute it elsewhere."""
    content = {
        "columns": chain.COLUMNS,
        "start": chain.START.hex(),
        "lines": [as_dict(each) for each in lines(account_id)],
    }
    return json.dumps(content, indent=1).encode()


def as_csv(account_id: uuid.UUID) -> bytes:
    """Return the whole log as CSV."""
    out = io.StringIO()
    writer = csv.DictWriter(out, [*chain.COLUMNS, "previous", "hash"])
    writer.writeheader()
    writer.writerows(as_dict(each) for each in lines(account_id))
    return out.getvalue().encode()
