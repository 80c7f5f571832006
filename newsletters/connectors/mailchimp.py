"""Mailchimp Marketing, API 3.0 (https://mailchimp.com/developer/marketing/api). It keeps data in the United States.

Its DELETE only archives: erasing is `delete-permanent`, and after that the API can never bring the person back
("Forgotten Email Not Subscribed"), only Mailchimp's own form can. Its address has the data centre in it, which is
the end of the key (…-us6: https://us6.api.mailchimp.com/3.0). The list needs the text merge fields NAME, TOPICS and
WZID. Addresses at example.com and the like are refused there.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

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
from privacy.connectors.api import Api, Failed, asked, code, judge, told, verified
from webanizr.core.processors import Rate

PAGE = 1000
BATCH = 500
WINDOW = 300  # seconds in which a webhook's signature counts
FORGOTTEN = "forgotten_email_not_subscribed"
LISTED = "id,contact_id,email_address,status,merge_fields,language"
EVENTS = {
    "unsubscribe": EventKind.UNSUBSCRIBED,
    "cleaned": EventKind.HARD_BOUNCE,
    "profile": EventKind.CHANGED,
    "upemail": EventKind.CHANGED,
    "subscribe": EventKind.CHANGED,
}


def digest(email: str) -> str:
    """Return the number under which a list keeps an address: MD5 of it in lower case, as Mailchimp defines it."""
    return hashlib.md5(email.lower().encode(), usedforsecurity=False).hexdigest()


MEMBER = {
    "email": ("email_address", "members.email_address", "email_digest", "query"),
    "name": ("merge_fields.NAME", "members.merge_fields.NAME"),
    "language": ("language", "members.language"),
    "topics": ("merge_fields.TOPICS", "members.merge_fields.TOPICS"),
    "contact_number": ("merge_fields.WZID", "members.merge_fields.WZID"),
}
PROCESSOR = mailing_processor(
    key="mailchimp",
    name="Mailchimp",
    usual_url="",
    wire=MEMBER,
    technical=frozenset(
        {"list", "status", "status_if_new", "members.status", "update_existing", "skip_merge_validation"}
        | {"count", "offset", "fields", "list_id"}
    ),
    rates={"default": Rate(8, 8)},  # no published rate; 10 connections at once, each answering within a second
    location=_("United States"),
    agreement="https://mailchimp.com/legal/data-processing-addendum/",
)


def _title(error: Any) -> str:
    return code(error.get("title")) if isinstance(error, dict) else ""


class Mailchimp:
    """The connector."""

    key, name, horizon_days = PROCESSOR.key, PROCESSOR.name, 1

    def __init__(self) -> None:
        secret = base64.b64encode(f"webanizr:{settings.MAILING_API_KEY}".encode()).decode()
        self.api = Api(
            PROCESSOR,
            lambda: {"Authorization": f"Basic {secret}"},
            reason=_title,
            absent=lambda answer: answer.status == 404 and _title(answer.json()) == "resource_not_found",
        )
        self.list = settings.MAILING_LIST
        self.capabilities = Capabilities(
            readd_after_erase=False,
            erase_is_async=False,
            stable_id=True,
            batch_size=BATCH,
            horizon_days=1,
            form_url=settings.MAILING_FORM_URL,
        )

    def health(self) -> Health:
        """Read our list."""
        return self.api.health(path="/lists/{list}", place={"list": self.list}, query={"fields": "id"})

    # --- changing

    @told
    def upsert(self, contact: Contact) -> Outcome:
        """PUT makes or changes the member; an archived one, or a fresh opt-in, needs its status said aloud."""
        found = self._put(contact, subscribe=contact.resubscribe)
        if isinstance(found, dict) and found.get("status") == "archived":
            found = self._put(contact, subscribe=True)
        if isinstance(found, Outcome):
            return found
        return Outcome(
            Result.DONE,
            provider_id=str(found.get("contact_id") or ""),
            unsubscribed=found.get("status") in ("unsubscribed", "cleaned"),
        )

    def _put(self, contact: Contact, *, subscribe: bool) -> dict[str, Any] | Outcome:
        content: dict[str, Any] = self._content(contact) | {"status_if_new": "subscribed"}
        if subscribe:
            content["status"] = "subscribed"
        answer = self.api.ask(
            "PUT",
            "/lists/{list}/members/{email_digest}",
            place={"list": self.list, "email_digest": digest(contact.email)},
            query={"skip_merge_validation": "true"},
            json=content,
            why="subscribe",
            about=[contact.person_id],
            expect=(400,),
        )
        found = answer.json()
        if answer.status == 400:
            return self._refused(_title(found), str(found.get("detail", "")) if isinstance(found, dict) else "")
        if not isinstance(found, dict) or "status" not in found:
            raise Failed(judge(answer))
        return found

    @staticmethod
    def _refused(title: str, detail: str) -> Outcome:
        """What a refusal of an address means."""
        if title == FORGOTTEN or "permanently deleted" in detail:
            return Outcome(Result.FORGOTTEN_LOCK, cause=FORGOTTEN)
        if title == "member_in_compliance_state" or "compliance state" in detail:
            return Outcome(Result.DONE, unsubscribed=True, cause="compliance_state")
        if "a lot of lists very recently" in detail:
            return Outcome(Result.RETRY, after=24 * 3600, cause="too_many_lists")
        return Outcome(Result.BLOCKED, cause=f"http_400_{title}")

    def upsert_many(self, contacts: Sequence[Contact]) -> Mapping[uuid.UUID, Outcome]:
        """Add those who are new in one request; those who are there already go one by one, their status untouched.

        With `update_existing` it would subscribe again who unsubscribed: never used.
        """
        if len(contacts) == 1 or any(contact.resubscribe for contact in contacts):
            return {contact.id: self.upsert(contact) for contact in contacts}
        try:
            answer = self.api.ask(
                "POST",
                "/lists/{list}",
                place={"list": self.list},
                query={"skip_merge_validation": "true"},
                json={
                    "members": [self._content(contact) | {"status": "subscribed"} for contact in contacts],
                    "update_existing": False,
                },
                why="subscribe",
                about=[contact.person_id for contact in contacts],
            )
        except Failed as failed:
            return {contact.id: failed.outcome for contact in contacts}
        found = answer.json()
        if not isinstance(found, dict):
            return {contact.id: judge(answer) for contact in contacts}
        added = {str(each["email_address"]).lower(): each for each in found.get("new_members") or ()}
        errors = {str(each.get("email_address", "")).lower(): each for each in found.get("errors") or ()}
        outcomes: dict[uuid.UUID, Outcome] = {}
        for contact in contacts:
            if (member := added.get(contact.email)) is not None:
                number = str(member.get("contact_id") or "")
                outcomes[contact.id] = Outcome(Result.DONE, provider_id=number, unsubscribed=False)
            elif (error := errors.get(contact.email)) and error.get("error_code") != "ERROR_CONTACT_EXISTS":
                outcomes[contact.id] = self._refused(code(error.get("error_code")), str(error.get("error", "")))
            else:
                outcomes[contact.id] = self.upsert(contact)
        return outcomes

    @told
    def unsubscribe(self, identity: Identity) -> Outcome:
        """Set the status; the member stays on the list, as unsubscribed."""
        done = Outcome(Result.ALREADY_ABSENT)
        for email in dict.fromkeys(identity.emails):
            answer = self.api.ask_or_none(
                "PATCH",
                "/lists/{list}/members/{email_digest}",
                place={"list": self.list, "email_digest": digest(email)},
                json={"status": "unsubscribed"},
                why="unsubscribe",
                about=[identity.person_id],
            )
            if answer is not None:
                done = Outcome(Result.DONE, unsubscribed=True)
        return done

    @told
    def remove(self, identity: Identity) -> Outcome:
        """Archive the member: deleted for good it could never come back. Archiving it again answers 405."""
        done = Outcome(Result.ALREADY_ABSENT)
        for email in dict.fromkeys(identity.emails):
            found = self._member(self.list, email, identity, "remove")
            if found is None or found["status"] == "archived":
                continue
            self.api.ask(
                "DELETE",
                "/lists/{list}/members/{email_digest}",
                place={"list": self.list, "email_digest": digest(email)},
                why="remove",
                about=[identity.person_id],
                expect=(404, 405),
            )
            done = Outcome(Result.DONE)
        return done

    # --- looking

    @asked
    def find(self, identity: Identity) -> RemoteContact | None:
        """Read the member of our list by address."""
        for email in dict.fromkeys(identity.emails):
            if (found := self._member(self.list, email, identity, "look_up")) and found["status"] != "archived":
                return self._remote(found)
        return None

    @asked
    def contacts(self, cursor: str = "") -> Page:
        """Read PAGE members of our list; archived ones aren't on it."""
        offset = int(cursor or 0)
        fields = ",".join([*(f"members.{name}" for name in LISTED.split(",")), "total_items"])
        found = self.api.read(
            "GET",
            "/lists/{list}/members",
            place={"list": self.list},
            query={"count": PAGE, "offset": offset, "fields": fields},
            why="list",
        )
        listed = found.get("members") or []
        more = listed and offset + len(listed) < int(found.get("total_items", 0))
        here = (self._remote(each) for each in listed if each.get("status") != "archived")
        return Page(tuple(here), str(offset + len(listed)) if more else "")

    # --- privacy

    @asked
    def locate(self, identity: Identity) -> list[Locator]:
        """Look in every list of the account by every address, and search the account."""
        return self._locate(identity, "look_up")

    def _locate(self, identity: Identity, why: str) -> list[Locator]:
        lists = self.api.read("GET", "/lists", query={"count": 1000, "fields": "lists.id"}, why="list")["lists"]
        found: dict[tuple[str, str], Locator] = {}
        for email in dict.fromkeys(identity.emails):
            for each in lists:
                if self._member(each["id"], email, identity, why) is not None:
                    found[each["id"], digest(email)] = self._locator(each["id"], email, identity)
            query, about = {"query": email}, [identity.person_id]
            hits = self.api.read("GET", "/search-members", query=query, why=why, about=about)
            for hit in (hits.get("exact_matches") or {}).get("members") or ():
                found[hit["list_id"], digest(email)] = self._locator(hit["list_id"], email, identity)
        return list(found.values())

    def _locator(self, list_id: str, email: str, identity: Identity) -> Locator:
        return Locator(self.key, "contact", digest(email), identity.person_id, list_id=list_id, email=email)

    @asked
    def export(self, locator: Locator) -> dict[str, Any]:
        """Return the member and what Mailchimp noted about it."""
        ask = {"place": self._place(locator), "why": "export", "about": [locator.person_id]}
        member = self.api.read_or_none("GET", "/lists/{list}/members/{email_digest}", **ask)
        if member is None:
            return {}
        feed = self.api.read_or_none("GET", "/lists/{list}/members/{email_digest}/activity-feed", **ask)
        return {**member, "activity": (feed or {}).get("activity", [])}

    @told
    def erase(self, locator: Locator) -> Outcome:
        """Delete for good: 204; the address can't be added through the API again."""
        answer = self.api.ask_or_none(
            "POST",
            "/lists/{list}/members/{email_digest}/actions/delete-permanent",
            place=self._place(locator),
            why="erase",
            about=[locator.person_id],
        )
        return Outcome(Result.ALREADY_ABSENT if answer is None else Result.DONE)

    @verified
    def verify_absent(self, identity: Identity) -> Verdict:
        """Look in every list and search again."""
        if self._locate(identity, "verify"):
            return Verdict(Presence.PRESENT, ("contact",))
        return Verdict(Presence.ABSENT, (f"addresses: {len(identity.emails)}, 404 in every list", "search: 0"))

    # --- webhooks

    def events(self, *, headers: Mapping[str, str], body: bytes, secret: str, now: datetime) -> Sequence[WebhookEvent]:
        """Verify `X-Mailchimp-Signature: t=…,v1=…` (HMAC-SHA256 of "t.body", five minutes) and read one event.

        An account whose webhooks carry no signature yet is known by the secret path instead.
        """
        shared = settings.MAILING_WEBHOOK_SECRET
        found = {name.lower(): value for name, value in headers.items()}.get("x-mailchimp-signature", "")
        if not shared:
            raise WebhookRefused("secret")
        if found:
            parts = dict(part.partition("=")[::2] for part in found.split(","))
            stamp = parts.get("t", "")
            if not stamp.isdecimal() or abs(now.timestamp() - int(stamp)) > WINDOW:
                raise WebhookRefused("too_old")
            right = hmac.new(shared.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
            if not hmac.compare_digest(right, parts.get("v1", "")):
                raise WebhookRefused("signature")
        elif not hmac.compare_digest(secret, shared):
            raise WebhookRefused("secret")
        try:
            form = dict(parse_qsl(body.decode()))
        except UnicodeDecodeError:
            raise WebhookRefused("shape") from None
        kind = EVENTS.get(form.get("type", ""))
        if form.get("type") == "unsubscribe" and form.get("data[reason]") == "abuse":
            kind = EventKind.COMPLAINT
        elif form.get("type") == "unsubscribe" and form.get("data[action]") == "delete":
            kind = EventKind.DELETED
        email = (form.get("data[email]") or form.get("data[new_email]") or "").lower()
        if kind is None or not email:
            return []
        try:
            at = datetime.strptime(form.get("fired_at", ""), "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
        except ValueError:
            at = now
        number = hashlib.sha256(f"{form['type']}|{email}|{form.get('fired_at')}".encode()).hexdigest()
        return [WebhookEvent(number, kind, at, email=email, provider_id=form.get("data[contact_id]", ""))]

    # --- parts

    @staticmethod
    def _content(contact: Contact) -> dict[str, Any]:
        merge_fields = {"NAME": contact.name, "TOPICS": ",".join(contact.topics), "WZID": str(contact.id)}
        return {"email_address": contact.email, "language": contact.language[:2], "merge_fields": merge_fields}

    def _place(self, locator: Locator) -> dict[str, str]:
        return {"list": locator.list_id or self.list, "email_digest": locator.id}

    def _member(self, list_id: str, email: str, identity: Identity, why: str) -> dict[str, Any] | None:
        found = self.api.read_or_none(
            "GET",
            "/lists/{list}/members/{email_digest}",
            place={"list": list_id, "email_digest": digest(email)},
            query={"fields": LISTED},
            why=why,
            about=[identity.person_id],
        )
        return dict(found) if found else None

    @staticmethod
    def _remote(found: dict[str, Any]) -> RemoteContact:
        fields = found.get("merge_fields") or {}
        try:
            number = uuid.UUID(str(fields.get("WZID")))
        except ValueError:
            number = None
        return RemoteContact(
            provider_id=str(found.get("contact_id") or ""),
            email=str(found["email_address"]).lower(),
            contact_id=number,
            unsubscribed=found.get("status") in ("unsubscribed", "cleaned"),
            name=str(fields.get("NAME") or ""),
            language=str(found.get("language") or ""),
            topics=tuple(filter(None, str(fields.get("TOPICS") or "").split(","))),
        )
