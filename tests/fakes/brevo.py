"""Brevo's API v3, as far as Webanizr and its tests use it."""

from __future__ import annotations

import json
import time
from typing import Any

from tests.fakes.parts import Reply, Request
from tests.fakes.server import Fake, route

KEY = "xkeysib-fake"
LIST = 3


def error(status: int, code: str, message: str = "") -> Reply:
    return Reply(status, {"code": code, "message": message or code})


class Brevo(Fake):
    """Contacts, one list, the transactional blocklist and the log of mails."""

    name, base, requests_per_second = "brevo", "/v3", 10.0

    def seed(self) -> None:
        self.by_email: dict[str, str] = {}
        self.by_ext: dict[str, str] = {}
        for key, contact in self.store.table("contacts").items():
            self._index(key, contact)
        self.store.put("lists", str(LIST), {"id": LIST, "name": "Nieuwsbrief"})

    def _index(self, key: str, contact: dict[str, Any]) -> None:
        self.by_email[contact["email"]] = key
        if contact.get("ext_id"):
            self.by_ext[contact["ext_id"]] = key

    def refused(self, request: Request) -> Reply | None:
        right = request.headers.get("api-key") == self.options.get("key", KEY)
        return None if right else error(401, "unauthorized", "Key not found")

    def limited(self, retry_after: str) -> Reply:
        headers = {"x-sib-ratelimit-limit": "10", "x-sib-ratelimit-remaining": "0"}
        if retry_after:
            headers["x-sib-ratelimit-reset"] = retry_after
        return Reply(429, {"code": "too_many_requests", "message": "Too many requests"}, headers)

    def missing(self) -> Reply:
        return error(404, "document_not_found", "Contact does not exist")

    # --- contacts

    def _find(self, request: Request) -> str | None:
        kind, value = request.get("identifierType", "email_id"), request.args["id"]
        if kind == "email_id":
            key = self.by_email.get(value.lower())
        elif kind == "ext_id":
            key = self.by_ext.get(value)
        else:
            key = value if value in self.store.table("contacts") else None
        return key if key in self.store.table("contacts") else None

    def _save(self, key: str, contact: dict[str, Any]) -> None:
        old = self.store.table("contacts").get(key)
        if old is not None:
            self.by_email.pop(old["email"], None)
        self.store.put("contacts", key, contact)
        self._index(key, contact)

    @staticmethod
    def _shown(contact: dict[str, Any]) -> dict[str, Any]:
        return {name: contact[name] for name in ("id", "email", "emailBlacklisted", "listIds", "attributes")} | {
            "smsBlacklisted": False,
            "createdAt": "2026-11-25T12:00:00.000+01:00",
            "modifiedAt": "2026-11-25T12:00:00.000+01:00",
        }

    def _change(self, contact: dict[str, Any], content: dict[str, Any]) -> dict[str, Any]:
        changed = {**contact}
        attributes = dict(content.get("attributes") or {})
        if "EMAIL" in attributes:
            changed["email"] = attributes.pop("EMAIL").lower()
        changed["attributes"] = {**contact["attributes"], **attributes}
        changed["listIds"] = sorted(
            {*contact["listIds"], *content.get("listIds", ())} - {*content.get("unlinkListIds", ())}
        )
        for name in ("emailBlacklisted", "ext_id"):
            if name in content:
                changed[name] = content[name]
        return changed

    @route("POST", "/contacts")
    def create(self, request: Request) -> Reply:
        content = request.json()
        email = str(content.get("email", "")).lower()
        if "@" not in email:
            return error(400, "invalid_parameter", "email is not valid")
        known, holder = self.by_email.get(email), self.by_ext.get(content.get("ext_id", ""))
        if holder is not None and holder != known:
            return Reply(
                400,
                {
                    "code": "duplicate_parameter",
                    "message": "Unable to create contact, ext_id is already associated with another Contact",
                    "metadata": {"duplicate_identifiers": ["ext_id"]},
                },
            )
        if known is not None and not content.get("updateEnabled"):
            return error(400, "duplicate_parameter", "Contact already exist")
        if known is not None:
            self._save(known, self._change(self.store.table("contacts")[known], content))
            return Reply(204)
        number = self.store.number("contact")
        fresh = {"id": number, "email": email, "emailBlacklisted": False, "listIds": [], "attributes": {}}
        self._save(str(number), self._change(fresh, content))
        return Reply(201, {"id": number})

    @route("GET", "/contacts/{id}")
    def read(self, request: Request) -> Reply:
        self._ghosts()
        key = self._find(request)
        return self.missing() if key is None else Reply(200, self._shown(self.store.table("contacts")[key]))

    @route("PUT", "/contacts/{id}")
    def update(self, request: Request) -> Reply:
        key = self._find(request)
        if key is None:
            return self.missing()
        self._save(key, self._change(self.store.table("contacts")[key], request.json()))
        return Reply(204)

    @route("DELETE", "/contacts/{id}")
    def delete(self, request: Request) -> Reply:
        key = self._find(request)
        if key is None:
            return self.missing()
        contact = self.store.table("contacts")[key]
        if fault := self.fault("slow_delete", request):  # it says yes, and does it a while later
            self.options.setdefault("going", []).append([key, time.monotonic() + fault.seconds])
            return Reply(204)
        self._remove(key)
        if self.fault("reappear", request):  # an import that was under way brings it back at the second look
            self.options.setdefault("coming", []).append([key, contact, 2])
        return Reply(204)

    def _remove(self, key: str) -> None:
        contact = self.store.table("contacts").get(key)
        if contact is not None:
            self.by_email.pop(contact["email"], None)
            self.by_ext.pop(contact.get("ext_id", ""), None)
            self.store.drop("contacts", key)

    def _ghosts(self) -> None:
        for going in list(self.options.get("going", ())):
            if going[1] <= time.monotonic():
                self.options["going"].remove(going)
                self._remove(going[0])
        for coming in list(self.options.get("coming", ())):
            coming[2] -= 1
            if coming[2] < 0:
                self.options["coming"].remove(coming)
                self._save(coming[0], coming[1])

    # --- lists

    @route("GET", "/contacts/lists/{list}")
    def read_list(self, request: Request) -> Reply:
        found = self.store.table("lists").get(request.args["list"])
        return error(404, "document_not_found", "List ID does not exist") if found is None else Reply(200, found)

    @route("GET", "/contacts/lists/{list}/contacts")
    def list_contacts(self, request: Request) -> Reply:
        limit, offset = int(request.get("limit", "50")), int(request.get("offset", "0"))
        if limit > 500:
            return error(400, "out_of_range", "Limit exceeds max value")
        number = int(request.args["list"])
        table = self.store.table("contacts")
        found = self.store.cached(
            f"list {number}", lambda: [each for each in table.values() if number in each["listIds"]]
        )
        chosen = (found if request.get("sort", "desc") == "asc" else found[::-1])[offset : offset + limit]
        return Reply(200, {"contacts": [self._shown(each) for each in chosen], "count": len(found)})

    # --- transactional

    @route("GET", "/smtp/emails")
    def mails(self, request: Request) -> Reply:
        found = [each for each in self.store.table("mails").values() if each["email"] == request.get("email")]
        return Reply(200, {"count": len(found), "transactionalEmails": found} if found else {})

    @route("DELETE", "/smtp/log/{id}")
    def delete_mail(self, request: Request) -> Reply:
        return Reply(204) if self.store.drop("mails", request.args["id"]) else self.missing()

    @route("GET", "/smtp/blockedContacts")
    def blocked(self, request: Request) -> Reply:
        limit, offset = int(request.get("limit", "50")), int(request.get("offset", "0"))
        found = list(self.store.table("blocked").values())
        return Reply(200, {"contacts": found[offset : offset + limit], "count": len(found)})

    @route("DELETE", "/smtp/blockedContacts/{id}")
    def unblock(self, request: Request) -> Reply:
        return Reply(204) if self.store.drop("blocked", request.args["id"]) else self.missing()

    # --- what people do there

    def act(self, do: str, content: dict[str, Any]) -> Any:
        email = str(content.get("email", "")).lower()
        key = self.by_email.get(email)
        if do == "block":
            self.store.put("blocked", email, {"email": email, "reason": {"code": "hardBounce"}})
        elif do == "mail":
            number = f"<{self.store.number('mail')}@smtp-relay>"
            self.store.put("mails", number, {"email": email, "messageId": number, "subject": "x"})
        elif do == "add":
            fresh_number = self.store.number("contact")
            fresh = {"id": fresh_number, "email": email, "emailBlacklisted": False, "listIds": [LIST], "attributes": {}}
            self._save(str(fresh_number), fresh)
            return fresh_number
        elif do == "read":
            return None if key is None else self._shown(self.store.table("contacts")[key])
        elif do in ("unsubscribe", "bounce", "complain", "delete"):
            if key is None:
                return False
            if do == "delete":
                self._remove(key)
            else:
                self._save(key, {**self.store.table("contacts")[key], "emailBlacklisted": True})
            names = {
                "unsubscribe": "unsubscribe",
                "bounce": "hard_bounce",
                "complain": "spam",
                "delete": "contact_deleted",
            }
            event = {"event": names[do], "email": email, "id": 77, "ts_event": int(time.time()), "camp_id": 5}
            self.send_webhook({"Content-Type": "application/json"}, json.dumps(event).encode())
            return True
        else:
            raise KeyError(do)
        return True
