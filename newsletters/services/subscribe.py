"""Subscribing with double opt-in: ask, confirm by the button behind the mailed link; and unsubscribing.

Serves promise 03. Asking changes nothing but the ledger: nobody can subscribe or unsubscribe an address by typing it,
and the answer is the same for every address.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.urls import reverse

from newsletters import scope, tokens
from newsletters.models import Consent, Contact, Suppression, Topic
from newsletters.selectors import last_said, standing
from newsletters.services import contacts, ledger, queue
from newsletters.tokens import BadToken, Purpose
from newsletters.wording import STOP, SUBSCRIBE, UNDO
from webanizr.core import mail, ratelimit, tenancy

PER_ADDRESS, WINDOW = 3, 3600  # mails to one address in a window of seconds; who asks too often hears the same
REQUEST_DAYS = 7


def subscribe(*, address: str, topics: Collection[str], language: str, source: str, now: datetime) -> None:
    """Mail a link to confirm with, or to the preferences when every topic is on already.

    Args: address: as typed, a valid one; topics: keys; language: nl or en-gb; source: key of `wording.SOURCES`.
    """
    if ratelimit.hit("newsletter", address.strip().lower(), limit=PER_ADDRESS, seconds=WINDOW):
        return
    wanted = list(Topic.objects.filter(key__in=topics))
    contact_id = contacts.find_or_create(address, language=language)
    with scope.contact(contact_id):
        contact = contacts.locked(contact_id)
        if contact is None or not wanted:
            return
        on = {each.topic.key for each in standing(contact, address=contact.address).topics if each.on}
        missing = [topic for topic in wanted if topic.key not in on]
        if not missing:
            send(contact, "already", Purpose.PREFERENCES, language=language)
            return
        token = tokens.make(Purpose.CONFIRM, contact_id)
        ledger.write(
            contact,
            missing,
            action=Consent.Action.REQUESTED,
            basis=Consent.Basis.CONSENT,
            wording=SUBSCRIBE,
            source=source,
            token_hash=tokens.digest(token),
            language=language,
            now=now,
        )
        send(contact, "confirm", Purpose.CONFIRM, token=token, language=language, topics=missing)


@dataclass(frozen=True)
class Request:
    """What a link to confirm with is about: shown on its page."""

    contact: Contact
    topics: list[Topic]
    wordings: list[str]
    until: datetime
    confirmed: bool


def requested(*, token: str, now: datetime) -> Request:
    """Return what would be confirmed; raises BadToken for a link that no longer works."""
    contact_id = tokens.read(Purpose.CONFIRM, token)
    with scope.contact(contact_id):
        return _requested(contact_id, token, now)


def _requested(contact_id: uuid.UUID, token: str, now: datetime) -> Request:
    contact = contacts.locked(contact_id)
    lines = list(Consent.objects.filter(contact_id=contact_id, token_hash=tokens.digest(token)).order_by("id"))
    asked = [line for line in lines if line.action == Consent.Action.REQUESTED]
    if contact is None or contact.erase_asked_at or not asked or asked[0].at < now - timedelta(days=REQUEST_DAYS):
        raise BadToken("confirm")
    confirmed = any(line.action == Consent.Action.CONFIRMED for line in lines)
    said = last_said(contact_id)
    # a link from before an unsubscribe must not undo it; one that was used is used
    if not confirmed and any(
        line.topic_id in said
        and said[line.topic_id].id > line.id
        and said[line.topic_id].action == Consent.Action.WITHDRAWN
        for line in asked
    ):
        raise BadToken("confirm")
    topics = list(Topic.objects.filter(key__in=[line.topic_id for line in asked]))
    return Request(
        contact, topics, [line.wording for line in asked], asked[0].at + timedelta(days=REQUEST_DAYS), confirmed
    )


def confirm(*, token: str, now: datetime) -> Request:
    """Turn what was asked into consent; return it. Doing it twice is the same as once. Raises BadToken.

    It lifts a suppression: the owner of the address has just asked for the newsletter again.
    """
    contact_id = tokens.read(Purpose.CONFIRM, token)
    with scope.contact(contact_id):
        request = _requested(contact_id, token, now)
        if request.confirmed:
            return request
        contact = request.contact
        asked = Consent.objects.filter(
            contact_id=contact_id, token_hash=tokens.digest(token), action=Consent.Action.REQUESTED
        ).order_by("id")
        for line in asked:
            line.pk, line.action, line.at, line.source = None, Consent.Action.CONFIRMED, now, "mail"
            line.save(force_insert=True)
        contact.verified_at = contact.verified_at or now
        contact.paused_until = None
        contact.save(update_fields=["verified_at", "paused_until"])
        Suppression.objects.filter(address_key=contact.address_key).delete()
        queue.changed(contact, now=now, resubscribe=True)
        send(contact, "welcome", Purpose.PREFERENCES, topics=request.topics)
        return request


def unsubscribe(
    *, contact_id: uuid.UUID, topics: Collection[str] | None = None, source: str, now: datetime, token: str = ""
) -> list[Consent]:
    """Stop topics (default: all), for subscribers and customers alike; return the new lines."""
    with scope.contact(contact_id):
        contact = contacts.locked(contact_id)
        if contact is None:
            return []
        said = last_said(contact_id)
        stopping = [
            topic
            for topic in Topic.objects.all()
            if (topics is None or topic.key in topics)
            and (topic.key not in said or said[topic.key].action != Consent.Action.WITHDRAWN)
        ]
        lines = []
        for topic in stopping:
            before = said.get(topic.key)
            lines += ledger.write(
                contact,
                [topic],
                action=Consent.Action.WITHDRAWN,
                basis=Consent.Basis(before.basis) if before else Consent.Basis.CUSTOMER,
                wording=STOP,
                source=source,
                token_hash=tokens.digest(token) if token else None,
                now=now,
            )
        if lines:
            queue.changed(contact, now=now)
        return lines


def take_back(*, token: str, now: datetime) -> Contact:
    """Undo an unsubscribe of this half hour: what was consented to before is so again. Raises BadToken."""
    contact_id = tokens.read(Purpose.UNDO, token)
    with scope.contact(contact_id):
        contact = contacts.locked(contact_id)
        if contact is None or contact.erase_asked_at:
            raise BadToken("undo")
        said = last_said(contact_id)
        again = []
        for line in Consent.objects.filter(id__in=tokens.lines(token), contact_id=contact_id):
            if said[line.topic_id].id != line.id:
                continue  # something was said since
            before = (
                Consent.objects.filter(contact_id=contact_id, topic_id=line.topic_id, id__lt=line.id)
                .exclude(action__in=[Consent.Action.REQUESTED, Consent.Action.INFORMED])
                .order_by("-id")
                .first()
            )
            consented = before is not None and before.action == Consent.Action.CONFIRMED
            again += ledger.write(
                contact,
                [line.topic],
                action=Consent.Action.CONFIRMED if consented else Consent.Action.RESUMED,
                basis=Consent.Basis.CONSENT if consented else Consent.Basis.CUSTOMER,
                wording=UNDO,
                source="preferences",
                token_hash=tokens.digest(token),
                now=now,
            )
        if again:
            queue.changed(contact, now=now, resubscribe=True)
        return contact


def send(
    contact: Contact,
    template: str,
    purpose: Purpose,
    *,
    token: str = "",
    language: str = "",
    topics: Collection[Topic] = (),
) -> None:
    """Queue one of the newsletter's own mails: mail/newsletter_<template> with a link for `purpose`."""
    language = language or contact.language
    words = {
        "link": link(purpose, contact.id, token=token),
        "topics": [topic.name_nl if language == "nl" else topic.name_en for topic in topics],
        "days": REQUEST_DAYS,
    }
    mail.send(
        to=contact.address,
        template=f"mail/newsletter_{template}",
        context=words,
        language=language,
        account_id=tenancy.PLATFORM_ACCOUNT,
        headers=unsubscribe_headers(contact.id) if template == "welcome" else None,
    )


def link(purpose: Purpose, contact_id: uuid.UUID, *, token: str = "") -> str:
    """Return the whole address of the page for one purpose."""
    return (
        f"{settings.APP_URL}{reverse(f'newsletters:{purpose.label}', args=[token or tokens.make(purpose, contact_id)])}"
    )


def unsubscribe_headers(contact_id: uuid.UUID) -> dict[str, str]:
    """Return the two headers of RFC 8058 (one-click unsubscribe) for a mail of the newsletter stream."""
    return {
        "List-Unsubscribe": f"<{link(Purpose.UNSUBSCRIBE, contact_id)}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
