"""Copies of the log's last hashes outside the database: whoever could rewrite the whole chain could not rewrite these.

One object per account and day, under a prefix of its own; production keeps it under Object Lock
(infra/aws/ledger.yaml; start-up refuses without).
"""

from __future__ import annotations

import contextlib
import json
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime

from webanizr.core import storage

PREFIX = "ledger/access-log/"


def key(account_id: uuid.UUID, day: datetime) -> str:
    """Return the object's key: the account, then the day, so that a listing is in order."""
    return f"{PREFIX}{account_id}/{day.astimezone(UTC):%Y-%m-%d}.json"


def keep_head(*, account_id: uuid.UUID, seq: int, hash: bytes, now: datetime) -> None:
    """Store the chain's head of today; a second time on one day replaces nothing that differs in its past."""
    body = json.dumps(
        {"account": str(account_id), "seq": seq, "hash": hash.hex(), "at": now.astimezone(UTC).isoformat()}
    )
    storage.put(key(account_id, now), body.encode(), content_type="application/json")


@dataclass(frozen=True)
class Head:
    """A kept head: the line's number, its hash, and when it was copied."""

    seq: int
    hash: bytes
    at: datetime


def heads(account_id: uuid.UUID) -> list[Head]:
    """Return every kept head of an account, the oldest first; where versions are kept, written over ones as well."""
    kept = []
    for name, version in storage.versions(f"{PREFIX}{account_id}/"):
        with contextlib.suppress(storage.Missing):  # the mark of a deletion: what was there before is listed, too
            kept.append(json.loads(storage.get(name, version=version)))
    found = [Head(int(row["seq"]), bytes.fromhex(row["hash"]), datetime.fromisoformat(row["at"])) for row in kept]
    return sorted(found, key=lambda each: each.at)
