"""Brevo, API version 3 (https://developers.brevo.com/reference). It keeps our own number as `ext_id`.

A deletion there also forgets that somebody unsubscribed, so an old list could bring the person back: our own
suppression list stands in between. The account needs the text attributes of ATTRIBUTES.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from newsletters.connectors.base import (
    Capabilities,
    Contact,
    EventKind,
    Health,
    Identity,
    Locator,
    Outcome,
    Page,
    Presence,
    RemoteContact,
    Result,
    Verdict,
    WebhookEvent,
    WebhookRefused,
)
from newsletters.connectors.declare import mailing_processor
from privacy.connectors.api import Api, asked, code, judge, told, verified
from webanizr.core.processors import Rate

ATTRIBUTES = ("NAME", "LANGUAGE", "TOPICS", "WEBANIZR_ID")
PAGE = 500
EVENTS = {
    "unsubscribe": EventKind.UNSUBSCRIBED,
    "hard_bounce": EventKind.HARD_BOUNCE,
    "soft_bounce": EventKind.SOFT_BOUNCE,
    "spam": EventKind.COMPLAINT,
    "contact_deleted": EventKind.DELETED,
    "contact_updated": EventKind.CHANGED,
}

PROCESSOR = mailing_processor(
    key="brevo",
    name="Brevo",
    usual_url="https://api.brevo.com/v3",
    wire={
        "email": ("email", "attributes.EMAIL"),
        "name": ("attributes.NAME",),
        "language": ("attributes.LANGUAGE",),
        "topics": ("attributes.TOPICS",),
        "contact_number": ("ext_id", "attributes.WEBANIZR_ID", "contact_id", "message_id"),
    },
    technical=frozenset(
        {"listIds", "updateEnabled", "emailBlacklisted", "identifierType", "list", "limit", "offset", "sort"}
    ),
    # developers.brevo.com/docs/api-limits: 10 a second for contacts, 2 for the mail log, 300 and 100 an hour for others
    rates={
        "default": Rate(100 / 3600, 20),
        "contacts": Rate(10, 10),
        "mail_log": Rate(2, 2),
        "smtp": Rate(300 / 3600, 30),
    },
    location=_("European Union (France)"),
    agreement="https://www.brevo.com/legal/termsofuse/#data-processing-agreement-dpa",
)


def _code(error: Any) -> str:
    return str(error.get("code", "")) if isinstance(error, dict) else ""


class Brevo:
    """The connector."""

    key, name, horizon_days = PROCESSOR.key, PROCESSOR.name, 1
    capabilities = Capabilities(
        readd_after_erase=True, erase_is_async=False, stable_id=True, batch_size=1, horizon_days=1
    )

    def __init__(self) -> None:
        self.api = Api(
            PROCESSOR,
            lambda: {"api-key": settings.MAILING_API_KEY, "Accept": "application/json"},
            reason=_code,
            absent=lambda answer: answer.status == 404 and _code(answer.json()) == "document_not_found",
        )
        self.list = settings.MAILING_LIST

    def health(self) -> Health:
        """Read our list."""
        return self.api.health(path="/contacts/lists/{list}", place={"list": self.list}, bucket="contacts")

    # --- changing

    @told
    def upsert(self, contact: Contact) -> Outcome:
        """One POST makes or changes the contact; a changed address takes a second request, by our own number."""
        content: dict[str, Any] = {
            "email": contact.email,
            "ext_id": str(contact.id),
            "attributes": self._attributes(contact),
            "listIds": [int(self.list)],
            "updateEnabled": True,
        }
        if contact.resubscribe:
            content["emailBlacklisted"] = False
        ask: dict[str, Any] = {"why": "subscribe", "about": [contact.person_id], "bucket": "contacts"}
        answer = self.api.ask("POST", "/contacts", json=content, expect=(400,), **ask)
        found = answer.json()
        if answer.status == 400:
            if _code(found) != "duplicate_parameter":
                return judge(answer, code(_code(found)))
            del content["email"], content["updateEnabled"], content["ext_id"]
            content["attributes"]["EMAIL"] = contact.email
            self.api.ask(
                "PUT",
                "/contacts/{ext_id}",
                place={"ext_id": str(contact.id)},
                query={"identifierType": "ext_id"},
                json=content,
                **ask,
            )
        provider_id = str(found["id"]) if answer.status == 201 and isinstance(found, dict) and "id" in found else ""
        return Outcome(Result.DONE, provider_id=provider_id)

    def upsert_many(self, contacts: Sequence[Contact]) -> Mapping[uuid.UUID, Outcome]:
        """One after the other: Brevo's import is a job that tells nothing about single contacts."""
        return {contact.id: self.upsert(contact) for contact in contacts}

    @told
    def unsubscribe(self, identity: Identity) -> Outcome:
        """Mark the contact as not to be mailed; it stays on the list, so that the comparison sees it."""
        done = Outcome(Result.ALREADY_ABSENT)
        for kind, value in self._keys(identity):
            answer = self.api.ask_or_none(
                "PUT",
                f"/contacts/{{{kind}}}",
                place={kind: value},
                query={"identifierType": "email_id" if kind == "email" else kind},
                json={"emailBlacklisted": True},
                why="unsubscribe",
                about=[identity.person_id],
                bucket="contacts",
            )
            if answer is not None:
                done = Outcome(Result.DONE, unsubscribed=True)
        return done

    @told
    def remove(self, identity: Identity) -> Outcome:
        """Delete the contact: it may come back."""
        done = Outcome(Result.ALREADY_ABSENT)
        for kind, value in self._keys(identity):
            if self._delete(kind, value, identity.person_id, "remove"):
                done = Outcome(Result.DONE)
        return done

    # --- looking

    @asked
    def find(self, identity: Identity) -> RemoteContact | None:
        """Read the contact by whichever key finds it."""
        for kind, value in self._keys(identity):
            if (found := self._get(kind, value, identity, "look_up")) is not None:
                return self._remote(found)
        return None

    @asked
    def contacts(self, cursor: str = "") -> Page:
        """Read PAGE contacts of the list, in the order in which they were made."""
        offset = int(cursor or 0)
        found = self.api.read(
            "GET",
            "/contacts/lists/{list}/contacts",
            place={"list": self.list},
            query={"limit": PAGE, "offset": offset, "sort": "asc"},
            why="list",
            bucket="contacts",
        )
        listed = found.get("contacts") or []
        more = offset + len(listed) < int(found.get("count", 0)) and listed
        return Page(tuple(map(self._remote, listed)), str(offset + len(listed)) if more else "")

    # --- privacy

    @asked
    def locate(self, identity: Identity) -> list[Locator]:
        """A person can be in three places: contacts, the blocklist of transactional mail, the log of mails."""
        return self._locate(identity, "look_up")

    def _locate(self, identity: Identity, why: str) -> list[Locator]:
        found: dict[str, Locator] = {}
        person = identity.person_id
        for kind, value in self._keys(identity):
            if (contact := self._get(kind, value, identity, why)) is not None:
                number = str(contact["id"])
                found[number] = Locator(self.key, "contact", number, person, email=str(contact.get("email", "")))
        for email in identity.emails:
            mails = self.api.read(
                "GET", "/smtp/emails", query={"email": email}, why=why, about=[person], bucket="mail_log"
            )
            for mail in mails.get("transactionalEmails") or ():
                number = str(mail["messageId"])
                found[number] = Locator(self.key, "mail_log", number, person, email=email)
        wanted = set(identity.emails)
        for email in self._blocked(wanted) if wanted else ():
            found[f"blocked {email}"] = Locator(self.key, "blocklist", email, person, email=email)
        return list(found.values())

    def _blocked(self, wanted: set[str]) -> list[str]:
        """Return which addresses are on the blocklist: it can only be read whole, so nothing is sent."""
        hits: list[str] = []
        offset = 0
        while True:
            page = self.api.read(
                "GET", "/smtp/blockedContacts", query={"limit": 100, "offset": offset}, why="list", bucket="smtp"
            )
            listed = page.get("contacts") or []
            hits += [each["email"].lower() for each in listed if each["email"].lower() in wanted]
            offset += len(listed)
            if not listed or offset >= int(page.get("count", 0)):
                return hits

    @asked
    def export(self, locator: Locator) -> dict[str, Any]:
        """Return what Brevo holds of a contact, or the locator's own fact for a log entry or block."""
        if locator.kind != "contact":
            return {"kind": locator.kind, "id": locator.id, "email": locator.email}
        identity = Identity(person_id=locator.person_id, provider_ids=(locator.id,))
        return self._get("contact_id", locator.id, identity, "export") or {}

    @told
    def erase(self, locator: Locator) -> Outcome:
        """DELETE answers 204, or 404 where there is nothing."""
        if locator.kind == "contact":
            there = self._delete("contact_id", locator.id, locator.person_id, "erase")
        else:
            ask: dict[str, Any] = {"why": "erase", "about": [locator.person_id], "bucket": "smtp"}
            blocked = locator.kind == "blocklist"
            path = "/smtp/blockedContacts/{email}" if blocked else "/smtp/log/{message_id}"
            place = {"email": locator.email} if blocked else {"message_id": locator.id}
            there = self.api.ask_or_none("DELETE", path, place=place, **ask) is not None
        return Outcome(Result.DONE if there else Result.ALREADY_ABSENT)

    @verified
    def verify_absent(self, identity: Identity) -> Verdict:
        """Look in all three places again."""
        left = self._locate(identity, "verify")
        if left:
            return Verdict(Presence.PRESENT, tuple(sorted({each.kind for each in left})))
        return Verdict(
            Presence.ABSENT, (f"contact: 404 by {len(self._keys(identity))} keys", "mail log and blocklist: 0")
        )

    # --- webhooks: no signature, so a secret path and a re-read

    def events(self, *, headers: Mapping[str, str], body: bytes, secret: str, now: datetime) -> Sequence[WebhookEvent]:
        """Read one event of the marketing webhooks."""
        if not settings.MAILING_WEBHOOK_SECRET or not hmac.compare_digest(secret, settings.MAILING_WEBHOOK_SECRET):
            raise WebhookRefused("secret")
        try:
            told_events = json.loads(body)
        except ValueError:
            raise WebhookRefused("not_json") from None
        found = []
        for each in told_events if isinstance(told_events, list) else [told_events]:
            if not isinstance(each, dict):
                raise WebhookRefused("shape")
            kind = EVENTS.get(str(each.get("event")))
            emails = each.get("email")
            for email in emails if isinstance(emails, list) else [emails]:
                if kind is None or not isinstance(email, str):
                    continue
                stamp = each.get("ts_event") or each.get("ts") or 0
                number = hashlib.sha256(f"{kind.value}|{email.lower()}|{stamp}|{each.get('id')}".encode()).hexdigest()
                at = datetime.fromtimestamp(int(stamp), UTC) if str(stamp).isdecimal() and int(stamp) else now
                found.append(WebhookEvent(number, kind, at, email=email.lower()))
        return found

    # --- parts

    @staticmethod
    def _attributes(contact: Contact) -> dict[str, str]:
        return {
            "NAME": contact.name,
            "LANGUAGE": contact.language,
            "TOPICS": ",".join(contact.topics),
            "WEBANIZR_ID": str(contact.id),
        }

    @staticmethod
    def _keys(identity: Identity) -> list[tuple[str, str]]:
        keys = [("ext_id", str(identity.contact_id))] if identity.contact_id else []
        keys += [("contact_id", number) for number in identity.provider_ids]
        return keys + [("email", email) for email in identity.emails]

    def _get(self, kind: str, value: str, identity: Identity, why: str) -> dict[str, Any] | None:
        found = self.api.read_or_none(
            "GET",
            f"/contacts/{{{kind}}}",
            place={kind: value},
            query={"identifierType": "email_id" if kind == "email" else kind},
            why=why,
            about=[identity.person_id],
            bucket="contacts",
        )
        return found if isinstance(found, dict) else None

    def _delete(self, kind: str, value: str, person_id: uuid.UUID, why: str) -> bool:
        answer = self.api.ask_or_none(
            "DELETE",
            f"/contacts/{{{kind}}}",
            place={kind: value},
            query={"identifierType": "email_id" if kind == "email" else kind},
            why=why,
            about=[person_id],
            bucket="contacts",
        )
        return answer is not None

    @staticmethod
    def _remote(found: dict[str, Any]) -> RemoteContact:
        attributes = found.get("attributes") or {}
        try:
            number = uuid.UUID(str(attributes.get("WEBANIZR_ID")))
        except ValueError:
            number = None
        return RemoteContact(
            provider_id=str(found["id"]),
            email=str(found.get("email", "")).lower(),
            contact_id=number,
            unsubscribed=bool(found.get("emailBlacklisted")),
            name=str(attributes.get("NAME") or ""),
            language=str(attributes.get("LANGUAGE") or ""),
            topics=tuple(filter(None, str(attributes.get("TOPICS") or "").split(","))),
        )
