"""Writing lines of the consent ledger."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from newsletters.models import Consent, Contact, Topic
from newsletters.wording import SOURCES, Wording
from webanizr.core import outbox, tenancy

NOTE_LINE = "newsletters.tasks.note_line"


def write(
    contact: Contact,
    topics: Iterable[Topic],
    *,
    action: Consent.Action,
    basis: Consent.Basis,
    wording: Wording,
    source: str,
    now: datetime,
    token_hash: bytes | None = None,
    language: str = "",
) -> list[Consent]:
    """Add one line for each topic, with the exact words in the contact's language; return the lines.

    Args: source: a key of `wording.SOURCES`; token_hash: of the link that was used; language: of the words, where it
    isn't the contact's. Raises KeyError for an unknown source.
    """
    if source not in SOURCES:
        raise KeyError(source)
    spoken = language or contact.language
    lines = [
        Consent.objects.create(
            contact=contact,
            topic=topic,
            action=action,
            basis=basis,
            wording=wording.about(topic, spoken),
            wording_version=wording.version,
            language=spoken,
            source=source,
            token_hash=token_hash,
            at=now,
        )
        for topic in topics
    ]
    if action == Consent.Action.WITHDRAWN and source != "restored":
        for line in lines:
            outbox.add(NOTE_LINE, account_id=tenancy.PLATFORM_ACCOUNT, line_id=line.id)
    return lines
