"""What the platform tells us by webhook: stored at once, looked up again by a worker before anything changes.

A notice holds nothing that counts by itself: whoever knows the address of a webhook can only make us look again.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from datetime import datetime

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from newsletters.addresses import key_of
from newsletters.connectors import platform
from newsletters.connectors.base import CannotAnswer, EventKind, Identity, RemoteContact
from newsletters.models import Contact, PlatformEvent, SyncState
from newsletters.selectors import audience
from newsletters.services import contacts, queue, reconcile, suppression
from webanizr.core import outbox, tenancy
from webanizr.core.tasks import Later

TASK = "newsletters.tasks.hear"
KINDS = {
    EventKind.UNSUBSCRIBED: PlatformEvent.Kind.UNSUBSCRIBED,
    EventKind.HARD_BOUNCE: PlatformEvent.Kind.BOUNCED,
    EventKind.COMPLAINT: PlatformEvent.Kind.COMPLAINED,
    EventKind.DELETED: PlatformEvent.Kind.CHANGED,
    EventKind.CHANGED: PlatformEvent.Kind.CHANGED,
}  # soft bounces tell nothing about the person's wish

ADD = """
INSERT INTO newsletters_platformevent (id, provider, kind, digest, address_key, received_at)
VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
"""


@transaction.atomic
def take_in(*, headers: Mapping[str, str], body: bytes, secret: str, now: datetime) -> int:
    """Store what a webhook tells, once each; return how many were new. Raises WebhookRefused."""
    provider = settings.MAILING_PLATFORM
    stored = 0
    for event in platform().events(headers=headers, body=body, secret=secret, now=now):
        kind = KINDS.get(event.kind)
        if kind is None or not event.email:
            continue
        event_id = uuid.uuid4()
        digest = hashlib.sha256(f"{provider}|{event.kind.value}|{event.id}".encode()).digest()
        with connection.cursor() as cursor:
            # the app may add rows and not read them: a replay is refused by the unique digest
            cursor.execute(ADD, [str(event_id), provider, kind, digest, key_of(event.email), now])
            if cursor.rowcount:
                outbox.add(TASK, account_id=tenancy.PLATFORM_ACCOUNT, event_id=event_id)
                stored += 1
    return stored


def hear(event_id: uuid.UUID) -> None:
    """Look up the contact of a stored notice and act on what is there; raises Later when the platform can't tell."""
    event = PlatformEvent.objects.filter(id=event_id, handled_at=None).first()
    if event is None:
        return
    contact = Contact.objects.filter(address_key=event.address_key).first()
    if contact is not None and contact.erase_asked_at is None:
        try:
            remote = platform().find(
                Identity(person_id=contact.user_id or contact.id, contact_id=contact.id, emails=(contact.address,))
            )
        except CannotAnswer as error:
            raise Later(error.after if error.after is not None else 300) from error
        _act(event, contact, remote)
    with transaction.atomic():
        PlatformEvent.objects.filter(id=event_id).update(handled_at=timezone.now())


def _act(event: PlatformEvent, contact: Contact, remote: RemoteContact | None) -> None:
    now = timezone.now()
    with transaction.atomic():
        contacts.locked(contact.id)  # people before their pushes, as everywhere
        state = SyncState.objects.select_for_update().filter(contact_id=contact.id, provider=event.provider).first()
        entry = audience([contact.id]).get(contact.id)
        if remote is not None and remote.unsubscribed:
            if event.kind in (PlatformEvent.Kind.BOUNCED, PlatformEvent.Kind.COMPLAINED):
                bounced = event.kind == PlatformEvent.Kind.BOUNCED
                suppression.suppress(contact=contact, reason="bounce" if bounced else "complaint", now=now)
                return
            if entry is not None and not (state is not None and state.resubscribe):
                reconcile.observe(contact, state, entry, remote)
                queue.changed(contact, now=now)
            return
        if remote is None and state is not None and entry is not None and state.state == SyncState.State.IN_SYNC:
            # deleted there by hand: the audience still says yes
            SyncState.objects.filter(id=state.id).update(there=SyncState.There.ABSENT, digest=None, remote_id="")
            queue.changed(contact, now=now)
        elif remote is not None and reconcile.observe(contact, state, entry, remote) is not None:
            queue.changed(contact, now=now)
