"""listmonk, self-hosted (https://listmonk.app/docs/apis). On our own servers in Ireland it is no third party at all.

Its quirks (read in its source): bad credentials are 403 and never 401, an unknown subscriber is 400, a DELETE answers
200 whether or not anything was there, `search` is a regular expression over address and name, a page has at most 50,
and a PUT keeps only the lists and attributes that it names. Our own number is an attribute, which can't be searched.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from newsletters.connectors.base import (
    Capabilities,
    Contact,
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

PAGE = 50

PROCESSOR = mailing_processor(
    key="listmonk",
    name="listmonk",
    usual_url="",
    wire={
        "email": ("email", "search"),
        "name": ("name",),
        "language": ("attribs.language",),
        "topics": ("attribs.topics",),
        "contact_number": ("attribs.webanizr_id", "subscriber_id", "ids"),
    },
    technical=frozenset(
        {"status", "lists", "preconfirm_subscriptions", "list", "list_id", "page", "per_page", "order_by", "order"}
        | {"action", "target_list_ids"}
    ),
    rates={"default": Rate(20, 20)},  # it has no limit of its own: LISTMONK_RATE says what the server can do
    location=_("our own servers at Amazon Web Services, Ireland"),
    agreement="",
)


def _message(error: Any) -> str:
    return str(error.get("message", "")) if isinstance(error, dict) else ""


class Listmonk:
    """The connector. MAILING_API_KEY is "user:token"."""

    key, name, horizon_days = PROCESSOR.key, PROCESSOR.name, 1
    capabilities = Capabilities(
        readd_after_erase=True, erase_is_async=False, stable_id=True, batch_size=1, horizon_days=1
    )

    def __init__(self) -> None:
        self.api = Api(
            PROCESSOR,
            lambda: {"Authorization": f"token {settings.MAILING_API_KEY}"},
            # its messages are sentences that may quote what was sent: nothing of them is kept
            absent=lambda answer: answer.status in (400, 404) and "not found" in _message(answer.json()).lower(),
        )
        self.list = settings.MAILING_LIST

    def health(self) -> Health:
        """Read our list."""
        return self.api.health(path="/api/lists/{list}", place={"list": self.list})

    # --- changing

    @told
    def upsert(self, contact: Contact) -> Outcome:
        """POST; on 409 (the address is there) or with a known number, PUT the whole contact.

        A PUT leaves an unsubscribed subscription unsubscribed.
        """
        ask: dict[str, Any] = {"why": "subscribe", "about": [contact.person_id]}
        content = self._content(contact)
        found: dict[str, Any] | None = None
        if contact.provider_id:
            found = self._get(contact.provider_id, contact.identity, "subscribe")
        if found is None:
            answer = self.api.ask("POST", "/api/subscribers", json=content, expect=(409,), **ask)
            if answer.status != 409:
                return self._done((answer.json() or {}).get("data") or {}, answer)
            found = self._search(contact.email, contact.identity, "subscribe")
            if found is None:  # it was there a moment ago, and isn't now
                return Outcome(Result.RETRY, after=5, cause="http_409")
        number = str(found["id"])
        where = {"subscriber_id": number}
        answer = self.api.ask("PUT", "/api/subscribers/{subscriber_id}", place=where, json=content, **ask)
        if contact.resubscribe:
            add = {"ids": [int(number)], "action": "add", "target_list_ids": [int(self.list)], "status": "confirmed"}
            self.api.ask("PUT", "/api/subscribers/lists", json=add, **ask)
            return Outcome(Result.DONE, provider_id=number, unsubscribed=False)
        return self._done((answer.json() or {}).get("data") or {}, answer)

    def upsert_many(self, contacts: Sequence[Contact]) -> Mapping[uuid.UUID, Outcome]:
        """One after the other: its import would reset who unsubscribed (listmonk issues 2008 and 2452)."""
        return {contact.id: self.upsert(contact) for contact in contacts}

    @told
    def unsubscribe(self, identity: Identity) -> Outcome:
        """Unsubscribe from our list; the contact stays on it, as unsubscribed."""
        numbers = [str(found["id"]) for found in self._all(identity, "unsubscribe")]
        for number in numbers:
            content = {"ids": [int(number)], "action": "unsubscribe", "target_list_ids": [int(self.list)]}
            about = [identity.person_id]
            self.api.ask("PUT", "/api/subscribers/lists", json=content, why="unsubscribe", about=about)
        return Outcome(Result.DONE, unsubscribed=True) if numbers else Outcome(Result.ALREADY_ABSENT)

    @told
    def remove(self, identity: Identity) -> Outcome:
        """Delete the subscriber: it may come back."""
        numbers = [str(found["id"]) for found in self._all(identity, "remove")]
        for number in numbers:
            self._delete(number, identity.person_id, "remove")
        return Outcome(Result.DONE if numbers else Result.ALREADY_ABSENT)

    # --- looking

    @asked
    def find(self, identity: Identity) -> RemoteContact | None:
        """Read the contact by number or address."""
        found = self._all(identity, "look_up")
        return self._remote(found[0]) if found else None

    @asked
    def contacts(self, cursor: str = "") -> Page:
        """Read a page of the list, by rising number."""
        page = int(cursor or 1)
        query = {"list_id": self.list, "page": page, "per_page": PAGE, "order_by": "id", "order": "ASC"}
        found = self.api.read("GET", "/api/subscribers", query=query, why="list")["data"]
        listed = found.get("results") or []
        more = listed and page * PAGE < int(found.get("total", 0))
        return Page(tuple(map(self._remote, listed)), str(page + 1) if more else "")

    # --- privacy

    @asked
    def locate(self, identity: Identity) -> list[Locator]:
        """Find the person's subscribers by number and by address."""
        return self._locators(identity, "look_up")

    @asked
    def export(self, locator: Locator) -> dict[str, Any]:
        """Return listmonk's own export: profile, subscriptions, views and clicks."""
        found = self.api.read_or_none(
            "GET",
            "/api/subscribers/{subscriber_id}/export",
            place={"subscriber_id": locator.id},
            why="export",
            about=[locator.person_id],
        )
        return dict(found or {})

    @told
    def erase(self, locator: Locator) -> Outcome:
        """DELETE; its answer says nothing, so `verify_absent` must look."""
        identity = Identity(person_id=locator.person_id, provider_ids=(locator.id,))
        if self._get(locator.id, identity, "erase") is None:
            return Outcome(Result.ALREADY_ABSENT)
        self._delete(locator.id, locator.person_id, "erase")
        return Outcome(Result.DONE)

    @verified
    def verify_absent(self, identity: Identity) -> Verdict:
        """Look again by number and by address."""
        if self._locators(identity, "verify"):
            return Verdict(Presence.PRESENT, ("contact",))
        evidence = f"numbers: {len(identity.provider_ids)} not found", f"addresses: {len(identity.emails)} not found"
        return Verdict(Presence.ABSENT, evidence)

    def events(self, *, headers: Mapping[str, str], body: bytes, secret: str, now: datetime) -> Sequence[WebhookEvent]:
        """Refuse: listmonk sends no webhooks about unsubscribing; the comparison of the lists finds them."""
        raise WebhookRefused("listmonk sends none")

    # --- parts

    def _content(self, contact: Contact) -> dict[str, Any]:
        return {
            "email": contact.email,
            "name": contact.name,
            "status": "enabled",
            "lists": [int(self.list)],
            "preconfirm_subscriptions": True,  # the double opt-in was ours
            "attribs": {
                "webanizr_id": str(contact.id),
                "language": contact.language,
                "topics": list(contact.topics),
            },
        }

    def _done(self, found: dict[str, Any], answer: Any) -> Outcome:
        if "id" not in found:
            raise Failed(judge(answer, code("no_id")))
        return Outcome(Result.DONE, provider_id=str(found["id"]), unsubscribed=self._remote(found).unsubscribed)

    def _delete(self, number: str, person_id: uuid.UUID, why: str) -> None:
        where = {"subscriber_id": number}
        self.api.ask("DELETE", "/api/subscribers/{subscriber_id}", place=where, why=why, about=[person_id])

    def _get(self, number: str, identity: Identity, why: str) -> dict[str, Any] | None:
        found = self.api.read_or_none(
            "GET",
            "/api/subscribers/{subscriber_id}",
            place={"subscriber_id": number},
            why=why,
            about=[identity.person_id],
        )
        return dict(found["data"]) if found else None

    def _search(self, email: str, identity: Identity, why: str) -> dict[str, Any] | None:
        query = {"search": f"^{re.escape(email)}$", "per_page": PAGE}
        found = self.api.read("GET", "/api/subscribers", query=query, why=why, about=[identity.person_id])
        for each in found["data"].get("results") or ():
            if str(each["email"]).lower() == email:
                return dict(each)
        return None

    def _all(self, identity: Identity, why: str) -> list[dict[str, Any]]:
        found = [self._get(number, identity, why) for number in identity.provider_ids]
        found += [self._search(email, identity, why) for email in identity.emails]
        return list({each["id"]: each for each in found if each is not None}.values())

    def _locators(self, identity: Identity, why: str) -> list[Locator]:
        return [
            Locator(self.key, "contact", str(each["id"]), identity.person_id, email=str(each["email"]).lower())
            for each in self._all(identity, why)
        ]

    def _remote(self, found: dict[str, Any]) -> RemoteContact:
        attributes = found.get("attribs") or {}
        try:
            number = uuid.UUID(str(attributes.get("webanizr_id")))
        except ValueError:
            number = None
        ours = [each for each in found.get("lists") or () if str(each.get("id")) == self.list]
        gone = found.get("status") == "blocklisted" or any(
            each.get("subscription_status") == "unsubscribed" for each in ours
        )
        return RemoteContact(
            provider_id=str(found["id"]),
            email=str(found["email"]).lower(),
            contact_id=number,
            unsubscribed=gone,
            name=str(found.get("name") or ""),
            language=str(attributes.get("language") or ""),
            topics=tuple(attributes.get("topics") or ()),
        )
