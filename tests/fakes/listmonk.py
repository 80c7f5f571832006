"""listmonk's API, with its quirks: 403 for bad credentials, 400 for an unknown subscriber, 200 for any DELETE."""

from __future__ import annotations

import json
import re
import time
import uuid
from typing import Any

from tests.fakes.parts import Reply, Request
from tests.fakes.server import Fake, route

KEY = "webanizr:fake-token"
LIST = 3


def error(status: int, message: str) -> Reply:
    return Reply(status, {"message": message})


class Listmonk(Fake):
    """Subscribers and one list."""

    name, base, requests_per_second = "listmonk", "", 0.0

    def seed(self) -> None:
        self.store.put("lists", str(LIST), {"id": LIST, "name": "Nieuwsbrief", "optin": "single"})
        self.by_email = {each["email"]: key for key, each in self.store.table("subscribers").items()}

    def refused(self, request: Request) -> Reply | None:
        right = request.headers.get("authorization") == f"token {self.options.get('key', KEY)}"
        return None if right else error(403, "invalid API credentials")

    def missing(self) -> Reply:
        return error(400, "Subscriber not found")

    def _subscriber(self, request: Request) -> dict[str, Any] | None:
        self._ghosts()
        return self.store.table("subscribers").get(request.args["id"])

    def _save(self, found: dict[str, Any]) -> None:
        old = self.store.table("subscribers").get(str(found["id"]))
        if old is not None:
            self.by_email.pop(old["email"], None)
        self.store.put("subscribers", str(found["id"]), found)
        self.by_email[found["email"]] = str(found["id"])

    @staticmethod
    def _subscribed(found: dict[str, Any], lists: list[int], status: str) -> list[dict[str, Any]]:
        """Only the lists that are named stay; who unsubscribed from one stays unsubscribed."""
        before = {each["id"]: each["subscription_status"] for each in found.get("lists", ())}
        return [
            {
                "id": number,
                "name": "Nieuwsbrief",
                "subscription_status": before[number]
                if before.get(number) in ("confirmed", "unsubscribed")
                else status,
            }
            for number in lists
        ]

    @route("GET", "/api/lists/{id}")
    def read_list(self, request: Request) -> Reply:
        found = self.store.table("lists").get(request.args["id"])
        return error(400, "List not found") if found is None else Reply(200, {"data": found})

    @route("POST", "/api/subscribers")
    def create(self, request: Request) -> Reply:
        content = request.json()
        email = str(content.get("email", "")).lower()
        if "@" not in email:
            return error(400, "Invalid email")
        if email in self.by_email:
            return error(409, "E-mail already exists.")
        number = self.store.number("subscriber")
        status = "confirmed" if content.get("preconfirm_subscriptions") else "unconfirmed"
        found = {
            "id": number,
            "uuid": str(uuid.uuid4()),
            "email": email,
            "name": content.get("name", ""),
            "attribs": content.get("attribs") or {},
            "status": content.get("status", "enabled"),
            "lists": self._subscribed({}, content.get("lists", []), status),
            "created_at": "2026-11-25T12:00:00Z",
        }
        self._save(found)
        return Reply(200, {"data": found})

    @route("GET", "/api/subscribers")
    def query(self, request: Request) -> Reply:
        self._ghosts()
        page, size = int(request.get("page", "1")), min(50, int(request.get("per_page", "20")))
        table = self.store.table("subscribers")
        found = self.store.cached("all", lambda: list(table.values()))
        if pattern := request.get("search"):
            if pattern.startswith("^") and (exact := re.sub(r"\\(.)", r"\1", pattern[1:-1])) in self.by_email:
                found = [self.store.table("subscribers")[self.by_email[exact]]]  # spare the scan of a big list
            else:
                try:
                    regex = re.compile(pattern, re.IGNORECASE)
                except re.error:
                    return error(500, "Error fetching subscribers: invalid regular expression")
                found = [each for each in found if regex.search(each["email"]) or regex.search(each["name"])]
        if number := request.get("list_id"):
            everybody = found

            def chosen() -> list[Any]:
                return [each for each in everybody if any(str(one["id"]) == number for one in each["lists"])]

            found = chosen() if pattern else self.store.cached(f"list {number}", chosen)
        if request.get("order", "DESC").upper() == "DESC":
            found = found[::-1]
        start = (page - 1) * size
        results = found[start : start + size]
        return Reply(200, {"data": {"results": results, "total": len(found), "page": page, "per_page": size}})

    @route("GET", "/api/subscribers/{id}")
    def read(self, request: Request) -> Reply:
        found = self._subscriber(request)
        return self.missing() if found is None else Reply(200, {"data": found})

    @route("PUT", "/api/subscribers/lists")
    def manage(self, request: Request) -> Reply:
        content = request.json()
        targets = content.get("target_list_ids") or []
        for number in content.get("ids") or ():
            found = self.store.table("subscribers").get(str(number))
            if found is None:
                continue
            lists = {each["id"]: each for each in found["lists"]}
            for target in targets:
                if content.get("action") == "remove":
                    lists.pop(target, None)
                elif content.get("action") == "unsubscribe" and target in lists:
                    lists[target] = {**lists[target], "subscription_status": "unsubscribed"}
                elif content.get("action") == "add":
                    status = content.get("status") or "unconfirmed"
                    lists[target] = {"id": target, "name": "Nieuwsbrief", "subscription_status": status}
            self._save({**found, "lists": list(lists.values())})
        return Reply(200, {"data": True})

    @route("PUT", "/api/subscribers/{id}")
    def update(self, request: Request) -> Reply:
        found = self._subscriber(request)
        if found is None:
            return self.missing()
        content = request.json()
        email = str(content.get("email", found["email"])).lower()
        if self.by_email.get(email, str(found["id"])) != str(found["id"]):
            return error(409, "E-mail already exists.")
        status = "confirmed" if content.get("preconfirm_subscriptions") else "unconfirmed"
        changed = {
            **found,
            "email": email,
            "name": content.get("name") or found["name"],
            "attribs": content.get("attribs") or {},
            "status": content.get("status") or found["status"],
            "lists": self._subscribed(found, content.get("lists") or [], status),
        }
        self._save(changed)
        return Reply(200, {"data": changed})

    @route("DELETE", "/api/subscribers/{id}")
    def delete(self, request: Request) -> Reply:
        found = self.store.table("subscribers").get(request.args["id"])
        if found is not None:
            if fault := self.fault("slow_delete", request):
                self.options.setdefault("going", []).append([str(found["id"]), time.monotonic() + fault.seconds])
                return Reply(200, {"data": True})
            self._remove(str(found["id"]))
            if self.fault("reappear", request):
                self.options.setdefault("coming", []).append([found, 2])
        return Reply(200, {"data": True})

    @route("GET", "/api/subscribers/{id}/export")
    def export(self, request: Request) -> Reply:
        found = self._subscriber(request)
        if found is None:
            return self.missing()
        profile = {"profile": [found], "subscriptions": found["lists"], "campaign_views": [], "link_clicks": []}
        return Reply(200, profile)

    def _remove(self, key: str) -> None:
        found = self.store.table("subscribers").get(key)
        if found is not None:
            self.by_email.pop(found["email"], None)
            self.store.drop("subscribers", key)

    def _ghosts(self) -> None:
        for going in list(self.options.get("going", ())):
            if going[1] <= time.monotonic():
                self.options["going"].remove(going)
                self._remove(going[0])
        for coming in list(self.options.get("coming", ())):
            coming[1] -= 1
            if coming[1] < 0:
                self.options["coming"].remove(coming)
                self._save(coming[0])

    def act(self, do: str, content: dict[str, Any]) -> Any:
        email = str(content.get("email", "")).lower()
        found = self.store.table("subscribers").get(self.by_email.get(email, ""))
        if do == "add":
            body = {"email": email, "name": "", "lists": [LIST], "preconfirm_subscriptions": True}
            self.create(Request("POST", "", {}, {}, json.dumps(body).encode()))
        elif do == "read":
            return found
        elif found is None:
            return False
        elif do == "unsubscribe":
            self._save({**found, "lists": [{**each, "subscription_status": "unsubscribed"} for each in found["lists"]]})
        elif do in ("bounce", "complain"):
            self._save({**found, "status": "blocklisted"})
        elif do == "delete":
            self._remove(str(found["id"]))
        else:
            raise KeyError(do)
        return True
