"""Unsubscribes, pauses and suppressions in the ledger outside the database: no restored backup mails anybody again.

Serves promises 03 and 08. A line holds the keyed hash of an address and what was said no to. The engine's ledger
(`privacy.erasure.ledger`) keeps the product closed until `manage.py replay_erasures` has followed it.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from newsletters.models import Consent, Contact, Suppression, SyncState, Topic
from newsletters.selectors import last_said
from newsletters.services import ledger as consents
from newsletters.wording import STOP
from privacy.erasure import ledger

STOPPED, PAUSED, SUPPRESSED = "newsletter_stop", "newsletter_pause", "newsletter_suppression"
_LINES = uuid.UUID("7d5b9d0c-6d0e-5b7e-9f0a-6a1c2f3e4d5b")  # the space of these lines' numbers


def _append(kind: str, said: dict[str, str]) -> int:
    """Append what was said, once: the same words have the same number."""
    name = ":".join([kind, *(said[key] for key in sorted(said))])
    return ledger.append(uuid.uuid5(_LINES, name), {"kind": kind, **said})


def note_line(line_id: int) -> None:
    """Keep one withdrawal of the consent ledger. Repeatable; as worker, outside any transaction."""
    line = Consent.objects.filter(id=line_id).select_related("contact").first()
    if line is not None:
        key = bytes(line.contact.address_key).hex()
        _append(STOPPED, {"key": key, "topic": line.topic_id, "at": line.at.isoformat()})


def note_pause(*, contact_id: uuid.UUID, until: datetime) -> None:
    """Keep a pause. What ends one isn't kept: after a restore it is better to mail too little."""
    contact = Contact.objects.filter(id=contact_id).first()
    if contact is not None:
        _append(PAUSED, {"key": bytes(contact.address_key).hex(), "until": until.isoformat()})


def note_suppression(*, key: str, reason: str, at: datetime) -> None:
    """Keep one suppression. Args: key: the address's keyed hash, in hexadecimal."""
    _append(SUPPRESSED, {"key": key, "reason": reason, "at": at.isoformat()})


# --- after a restored backup, as the eraser


def stop_again(line: dict[str, Any]) -> None:
    """Withdraw what the backup gave back; an address that nobody here knows is suppressed."""
    key, at = bytes.fromhex(line["key"]), datetime.fromisoformat(line["at"])
    with transaction.atomic():
        contact = Contact.objects.filter(address_key=key).first()
        if contact is None:  # an old list or a paid plan could bring the address back
            _suppress(key, Suppression.Reason.WITHDRAWN, at)
            return
        last = last_said(contact.id).get(line["topic"])
        if last is not None and (last.at > at or last.action == Consent.Action.WITHDRAWN):
            return
        consents.write(
            contact,
            Topic.objects.filter(key=line["topic"]),
            action=Consent.Action.WITHDRAWN,
            basis=Consent.Basis(last.basis) if last else Consent.Basis.CUSTOMER,
            wording=STOP,
            source="restored",
            now=at,
        )
        _look_again(contact)


def pause_again(line: dict[str, Any]) -> None:
    """Pause again, for as long as it would have lasted."""
    until = datetime.fromisoformat(line["until"])
    with transaction.atomic():
        contact = Contact.objects.filter(address_key=bytes.fromhex(line["key"])).first()
        if contact is not None and until > timezone.now():
            contact.paused_until = max(until, contact.paused_until or until)
            contact.save(update_fields=["paused_until"])
            _look_again(contact)


def suppress_again(line: dict[str, Any]) -> None:
    """Suppress again, unless the person has asked for the newsletter since."""
    key, at = bytes.fromhex(line["key"]), datetime.fromisoformat(line["at"])
    with transaction.atomic():
        contact = Contact.objects.filter(address_key=key).first()
        said = last_said(contact.id).values() if contact is not None else ()
        if any(last.action == Consent.Action.CONFIRMED and last.at > at for last in said):
            return
        _suppress(key, Suppression.Reason(line["reason"]), at)
        if contact is not None:
            _look_again(contact)


def _suppress(key: bytes, reason: Suppression.Reason, at: datetime) -> None:
    Suppression.objects.bulk_create([Suppression(address_key=key, reason=reason, at=at)], ignore_conflicts=True)


def _look_again(contact: Contact) -> None:
    """Let the next push, within a minute of opening, tell the platform."""
    gone = (SyncState.State.PENDING_ERASE, SyncState.State.ERASED)
    waiting = SyncState.objects.filter(contact_id=contact.id).exclude(state__in=gone)
    waiting.update(state=SyncState.State.PENDING, desired=F("desired") + 1, attempts=0, due_at=timezone.now())
