"""A person wants to be erased from the newsletter: a mailed link, then here and at the platform (promise 08).

What is suppressed at once stays so under a keyed hash. The rest is the erasure engine's (`privacy.erasure`): a plan,
the platform by every identifier with a second look, our own rows, the ledger and the certificate.
"""

from __future__ import annotations

import uuid
from datetime import datetime

from django.conf import settings

from newsletters import scope, tokens
from newsletters.models import Contact, Suppression, SyncState
from newsletters.services import contacts, queue, subscribe, suppression
from newsletters.tokens import BadToken, Purpose
from privacy.datamap import Scope
from privacy.models import ErasureRequest
from privacy.services.erasure import request_erasure
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


def erase(*, token: str, now: datetime) -> ErasureRequest | None:
    """Start the erasure: nothing is sent from now on. Doing it twice is the same as once: None. Raises BadToken."""
    contact_id = tokens.read(Purpose.ERASE, token)
    with scope.contact(contact_id):
        contact = contacts.locked(contact_id)
        if contact is None:
            raise BadToken("erase")
        return begin(contact, now=now) if contact.erase_asked_at is None else None


def begin(contact: Contact, *, now: datetime) -> ErasureRequest:
    """Suppress at once, take a push that is under way back, and ask for the erasure. In the contact's scope."""
    contact.erase_asked_at = now
    contact.save(update_fields=["erase_asked_at"])
    Suppression.objects.filter(address_key=contact.address_key).delete()
    suppression.add(bytes(contact.address_key), reason=Suppression.Reason.ERASED, now=now)
    if settings.MAILING_PLATFORM:
        queue.raise_versions([contact.id], now=now)
    waiting = SyncState.objects.filter(contact_id=contact.id)
    waiting.update(state=SyncState.State.PENDING_ERASE, due_at=now, attempts=0, error="", changed_at=now)
    if waiting.exists():
        outbox.add(queue.PUSH, account_id=tenancy.PLATFORM_ACCOUNT, contact_id=contact.id)
    return request_erasure(
        scope=Scope.SUBSCRIBER,
        subject_id=contact.id,
        account_id=None,
        actor_id=None,
        contact={"name": "", "email": contact.address, "language": contact.language},
        now=now,
        at_once=True,
    )
