"""Copies of the log's last hashes outside the database: whoever could rewrite the whole chain could not rewrite these.

One object per account and day, under a prefix of its own; production keeps it under Object Lock (infra/).
"""

from __future__ import annotations

import json
import uuid
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


def heads(account_id: uuid.UUID) -> dict[int, bytes]:
    """Return every kept head of an account as {number of the line: hash}."""
    found: dict[int, bytes] = {}
    for name in storage.keys(f"{PREFIX}{account_id}/"):
        content = json.loads(storage.get(name))
        found[int(content["seq"])] = bytes.fromhex(content["hash"])
    return found
