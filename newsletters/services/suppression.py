"""Addresses that get no newsletter any more: bounced, complained. Mail about the account goes on (promise 02)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from newsletters import scope
from newsletters.addresses import key_of
from newsletters.models import Contact, Suppression
from newsletters.services import queue
from webanizr.core import outbox, tenancy
from webanizr.core.models import MailEvent

NOTE = "newsletters.tasks.note_suppression"


@transaction.atomic
def add(key: bytes, *, reason: str, now: datetime) -> None:
    """Put the keyed hash of an address on the list, and keep that outside the database too."""
    Suppression.objects.bulk_create(
        [Suppression(address_key=key, reason=Suppression.Reason(reason), at=now)], ignore_conflicts=True
    )
    outbox.add(NOTE, account_id=tenancy.PLATFORM_ACCOUNT, key=key.hex(), reason=reason, at=now.isoformat())


@transaction.atomic
def suppress(*, contact: Contact, reason: str, now: datetime) -> None:
    """Stop the newsletter for a contact at once, in its scope or as worker. Args: reason: of Suppression.Reason."""
    add(bytes(contact.address_key), reason=reason, now=now)
    queue.changed(contact, now=now)


def suppress_address(*, address: str, reason: str, now: datetime) -> None:
    """Stop the newsletter for an address that may be nobody's contact (a bounce of account mail). As worker."""
    contact_id = scope.find(address)
    if contact_id is not None:
        suppress(contact=Contact.objects.get(id=contact_id), reason=reason, now=now)
        return
    add(key_of(address), reason=reason, now=now)


def heed_mail(*, address: str, kind: str, now: datetime) -> None:
    """Stop the newsletter for an address from which mail about an account bounced, or was complained about.

    Args: kind: of `core.models.MailEvent.Kind`. Called in the worker, inside the event's transaction.
    """
    reason = Suppression.Reason.COMPLAINT if kind == MailEvent.Kind.COMPLAINT else Suppression.Reason.BOUNCE
    suppress_address(address=address, reason=reason, now=now)
