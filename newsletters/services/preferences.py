"""The preference centre: topics on and off, a pause, the language. Each by who holds a link, or by who is signed in."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from newsletters import scope
from newsletters.models import FOREVER, Consent, Contact, Topic
from newsletters.selectors import last_said, standing
from newsletters.services import contacts, ledger, queue, subscribe
from newsletters.wording import AGAIN
from webanizr.core import outbox, tenancy

NOTE_PAUSE = "newsletters.tasks.note_pause"
PAUSES: dict[str, timedelta | None] = {"month": timedelta(days=30), "quarter": timedelta(days=91), "open": None}


@dataclass(frozen=True)
class Saved:
    """What changed. Args: stopped: ledger lines that may be taken back; resumed: topics that are on again at once;
    asked: topics for which a mail to confirm with was sent.
    """

    stopped: list[Consent]
    resumed: list[Topic]
    asked: list[Topic]

    def __bool__(self) -> bool:
        return bool(self.stopped or self.resumed or self.asked)


def set_topics(*, contact_id: uuid.UUID, wanted: Collection[str], source: str, now: datetime) -> Saved:
    """Turn topics on and off. Off works at once; on works at once for a paying customer, others get a mail to confirm.

    Args: wanted: keys of all topics that shall be on; source: key of `wording.SOURCES`.
    """
    with scope.contact(contact_id):
        contact = contacts.locked(contact_id)
        if contact is None:
            return Saved([], [], [])
        state = standing(contact, address=contact.address)
        off = [each.topic.key for each in state.topics if each.on and each.topic.key not in wanted]
        stopped = subscribe.unsubscribe(contact_id=contact_id, topics=off, source=source, now=now) if off else []
        on = [each.topic for each in state.topics if not each.on and each.topic.key in wanted]
        resumed: list[Topic] = []
        asked: list[Topic] = []
        if on and state.customer and not state.suppressed:
            said = last_said(contact_id)
            resumed = on
            ledger.write(
                contact,
                [topic for topic in on if topic.key in said],
                action=Consent.Action.RESUMED,
                basis=Consent.Basis.CUSTOMER,
                wording=AGAIN,
                source=source,
                now=now,
            )
            queue.changed(contact, now=now, resubscribe=True)
        elif on:
            subscribe.subscribe(
                address=contact.address,
                topics=[topic.key for topic in on],
                language=contact.language,
                source=source,
                now=now,
            )
            asked = on
        return Saved(stopped, resumed, asked)


def pause(*, contact_id: uuid.UUID, length: str, now: datetime) -> Contact | None:
    """Stop the newsletter for a while, or end that. Args: length: "" for no pause, or a key of PAUSES.

    Raises KeyError for another length.
    """
    with scope.contact(contact_id):
        contact = contacts.locked(contact_id)
        if contact is not None:
            contact.paused_until = None if not length else now + (PAUSES[length] or FOREVER - now)
            contact.save(update_fields=["paused_until"])
            if contact.paused_until is not None:
                until = contact.paused_until.isoformat()
                outbox.add(NOTE_PAUSE, account_id=tenancy.PLATFORM_ACCOUNT, contact_id=contact_id, until=until)
            queue.changed(contact, now=now, resubscribe=not length)
        return contact


def set_language(*, contact_id: uuid.UUID, language: str, now: datetime) -> None:
    """Change the language of newsletters. Args: language: nl or en-gb."""
    with scope.contact(contact_id):
        contact = contacts.locked(contact_id)
        if contact is not None and contact.language != language:
            contact.language = language
            contact.save(update_fields=["language"])
            queue.changed(contact, now=now)
