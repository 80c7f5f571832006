"""Unsubscribes and suppressions outside the database, so that a restored backup brings nobody back (promise 08).

Each is one small object in storage, named by its time: the keyed hash of the address and a topic or a reason. What a
database hasn't followed yet is applied before anything is pushed or compared; one that lost nothing finds nothing new.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction

from newsletters.models import Consent, Contact, StopPosition, Suppression, Topic
from newsletters.selectors import last_said
from newsletters.services import ledger, queue
from newsletters.wording import STOP
from webanizr.core import storage

PREFIX = "ledger/newsletter/"
KEEP = timedelta(days=35)  # no backup is older


def _key(at: datetime, name: str) -> str:
    return f"{PREFIX}{at.astimezone(UTC):%Y%m%dT%H%M%S%f}-{name}.json"


def note_line(line_id: int) -> None:
    """Store one withdrawal of the ledger. Repeatable; outside any transaction."""
    line = Consent.objects.filter(id=line_id).select_related("contact").first()
    if line is not None:
        content = {"key": bytes(line.contact.address_key).hex(), "topic": line.topic_id, "at": line.at.isoformat()}
        storage.put(_key(line.at, str(line.id)), json.dumps(content).encode(), content_type="application/json")


def note_suppression(*, key: str, reason: str, at: datetime) -> None:
    """Store one suppression. Args: key: the address's keyed hash, in hexadecimal."""
    content = {"key": key, "reason": reason, "at": at.isoformat()}
    storage.put(_key(at, key[:16]), json.dumps(content).encode(), content_type="application/json")


def catch_up(*, now: datetime) -> int:
    """Apply what this database doesn't know; return how many stops there were to look at. As worker."""
    position = StopPosition.objects.filter(id=1).first() or StopPosition(id=1)
    seen = 0
    for key in _after(position.last, now):
        content = json.loads(storage.get(key))
        with transaction.atomic():
            _apply(content, now=now)
            position.last = key
            position.save()
        seen += 1
    return seen


def _after(last: str, now: datetime) -> Iterator[str]:
    """Yield the names after `last`, in their order, a day at a time: usually today's alone are listed."""
    day = now - KEEP
    if last:
        day = max(day, datetime.strptime(last.removeprefix(PREFIX)[:8], "%Y%m%d").replace(tzinfo=UTC))
    while day.date() <= now.date():
        yield from (key for key in sorted(storage.keys(f"{PREFIX}{day:%Y%m%d}")) if key > last)
        day += timedelta(days=1)


def _apply(content: dict[str, Any], *, now: datetime) -> None:
    key, at = bytes.fromhex(content["key"]), datetime.fromisoformat(content["at"])
    contact = Contact.objects.select_for_update().filter(address_key=key).first()
    said = last_said(contact.id) if contact is not None else {}
    if "reason" in content:
        lifted = any(line.action == Consent.Action.CONFIRMED and line.at > at for line in said.values())
        if not lifted and not Suppression.objects.filter(address_key=key).exists():
            Suppression.objects.create(address_key=key, reason=content["reason"], at=at)
            if contact is not None:
                queue.changed(contact, now=now)
        return
    if contact is None:  # known to nobody here, but an old list or a paid plan could bring the address back
        Suppression.objects.bulk_create(
            [Suppression(address_key=key, reason=Suppression.Reason.WITHDRAWN, at=at)], ignore_conflicts=True
        )
        return
    line = said.get(content["topic"])
    if line is not None and (line.at > at or line.action == Consent.Action.WITHDRAWN):
        return
    ledger.write(
        contact,
        Topic.objects.filter(key=content["topic"]),
        action=Consent.Action.WITHDRAWN,
        basis=Consent.Basis(line.basis) if line else Consent.Basis.CUSTOMER,
        wording=STOP,
        source="restored",
        now=at,
    )
    queue.changed(contact, now=now)


def tidy(*, now: datetime) -> int:
    """Delete objects that no backup can need any more; return how many."""
    limit = _key(now - KEEP, "")
    old = []
    for key in storage.keys(PREFIX):
        if key >= limit:
            break
        old.append(key)
    for start in range(0, len(old), 500):
        storage.delete(*old[start : start + 500])
    return len(old)
