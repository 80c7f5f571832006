"""A person wants to be erased from the newsletter: a mailed link, then here and at the platform (promise 08).

What is suppressed at once stays so under a keyed hash; the platform is emptied and looked at again by a worker; our own
rows go last, by the eraser's login.
"""

from __future__ import annotations

import uuid
from datetime import datetime

from django.conf import settings

from newsletters import scope, tokens
from newsletters.models import Contact, Suppression, SyncState
from newsletters.services import contacts, queue, subscribe, suppression
from newsletters.services.removal import FORGET
from newsletters.tokens import BadToken, Purpose
from webanizr.core import outbox, ratelimit, tenancy


def mail_link(*, contact_id: uuid.UUID, purpose: Purpose) -> None:
    """Mail a link of a day for erasing or downloading: a forwarded newsletter must not be enough."""
    if ratelimit.hit("newsletter-link", contact_id.hex, limit=subscribe.PER_ADDRESS, seconds=subscribe.WINDOW):
        return
    with scope.contact(contact_id):
        contact = Contact.objects.filter(id=contact_id, erase_asked_at=None).first()
        if contact is not None:
            subscribe.send(contact, purpose.label, purpose)


def mail_preferences(*, address: str) -> None:
    """Mail the link to somebody's preferences, if the address is known; who asks can't tell."""
    if ratelimit.hit("newsletter", address.strip().lower(), limit=subscribe.PER_ADDRESS, seconds=subscribe.WINDOW):
        return
    contact_id = scope.find(address)
    if contact_id is None:
        return
    with scope.contact(contact_id):
        contact = Contact.objects.filter(id=contact_id, erase_asked_at=None).first()
        if contact is not None:
            subscribe.send(contact, "preferences", Purpose.PREFERENCES)


def erase(*, token: str, now: datetime) -> None:
    """Start the erasure: nothing is sent from now on. Doing it twice is the same as once. Raises BadToken."""
    contact_id = tokens.read(Purpose.ERASE, token)
    with scope.contact(contact_id):
        contact = contacts.locked(contact_id)
        if contact is None:
            raise BadToken("erase")
        if contact.erase_asked_at is None:
            begin(contact, now=now)


def begin(contact: Contact, *, now: datetime) -> None:
    """Suppress, and queue the platform's part; where no platform got anything, only ours is left. In its scope."""
    contact.erase_asked_at = now
    contact.save(update_fields=["erase_asked_at"])
    Suppression.objects.filter(address_key=contact.address_key).delete()
    suppression.add(bytes(contact.address_key), reason=Suppression.Reason.ERASED, now=now)
    if settings.MAILING_PLATFORM:
        queue.raise_versions([contact.id], now=now)
    waiting = SyncState.objects.filter(contact_id=contact.id)
    waiting.update(state=SyncState.State.PENDING_ERASE, due_at=now, attempts=0, error="", changed_at=now)
    # A platform that is no longer used, but that got this contact, must be emptied too: its row stands still, visibly.
    if waiting.exists():
        outbox.add(queue.PUSH, account_id=tenancy.PLATFORM_ACCOUNT, contact_id=contact.id)
    else:
        outbox.add(FORGET, account_id=tenancy.PLATFORM_ACCOUNT, contact_id=contact.id)
