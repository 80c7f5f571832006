"""Mailchimp Marketing 3.0: archiving, deleting for good, "Forgotten Email Not Subscribed", signed webhooks."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import time
from typing import Any
from urllib.parse import urlencode

from tests.fakes.parts import Reply, Request
from tests.fakes.server import Fake, route

KEY = "0123456789abcdef-us6"
LIST = "abc123"
WEBHOOK_SECRET = "fake-webhook-secret"
STATUSES = ("subscribed", "unsubscribed", "cleaned", "pending", "archived")


def problem(status: int, title: str, detail: str = "") -> Reply:
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail or title, "instance": "fake"}
    return Reply(status, body, {"Content-Type": "application/problem+json"})


def digest(email: str) -> str:
    return hashlib.md5(email.lower().encode(), usedforsecurity=False).hexdigest()


class Mailchimp(Fake):
    """Two lists and their members."""

    name, base, requests_per_second = "mailchimp", "/3.0", 10.0

    def seed(self) -> None:
        self.store.put("lists", LIST, {"id": LIST, "name": "Nieuwsbrief"})
        self.store.put("lists", "old999", {"id": "old999", "name": "Oude lijst"})

    def refused(self, request: Request) -> Reply | None:
        scheme, _, coded = request.headers.get("authorization", "").partition(" ")
        try:
            right = scheme == "Basic" and base64.b64decode(coded).decode().partition(":")[2] == KEY
        except ValueError:
            right = False
        return None if right else problem(401, "API Key Invalid", "Your API key may be invalid.")

    def limited(self, retry_after: str) -> Reply:
        headers = {"Retry-After": retry_after} if retry_after else {}  # it sends none by itself
        return Reply(429, {"title": "Too Many Requests", "status": 429, "detail": "10 connections"}, headers)

    def missing(self) -> Reply:
        return problem(404, "Resource Not Found", "The requested resource could not be found.")

    # --- members

    def _key(self, request: Request) -> str:
        return f"{request.args['list']}/{request.args['hash']}"

    def _member(self, request: Request) -> dict[str, Any] | None:
        self._ghosts()
        return self.store.table("members").get(self._key(request))

    def _fresh(self, list_id: str, content: dict[str, Any], status: str) -> dict[str, Any]:
        return {
            "id": digest(content["email_address"]),
            "contact_id": hashlib.sha256(content["email_address"].lower().encode()).hexdigest()[:32],
            "email_address": content["email_address"],
            "status": status,
            "merge_fields": content.get("merge_fields") or {},
            "language": content.get("language", ""),
            "list_id": list_id,
        }

    def _invalid(self, list_id: str, email: str) -> tuple[str, str] | None:
        if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", email) or re.search(r"@example\.(com|org|net)$", email):
            return "Invalid Resource", f"{email} looks fake or invalid, please enter a real email address."
        if f"{list_id}/{digest(email)}" in self.store.table("forgotten"):
            detail = f"{email} was permanently deleted and cannot be re-imported. The contact must re-subscribe."
            return "Forgotten Email Not Subscribed", detail
        return None

    @route("PUT", "/lists/{list}/members/{hash}")
    def put(self, request: Request) -> Reply:
        if request.args["list"] not in self.store.table("lists"):
            return self.missing()
        content, old = request.json(), self._member(request)
        email = str(content.get("email_address", ""))
        if bad := self._invalid(request.args["list"], email):
            return problem(400, *bad)
        if old is None and digest(email) != request.args["hash"]:
            return problem(400, "Invalid Resource", "The hash doesn't match the address.")
        if old is None:
            member = self._fresh(
                request.args["list"], content, content.get("status") or content.get("status_if_new", "")
            )
        else:
            changed = {name: content[name] for name in ("status", "language", "email_address") if name in content}
            member = old | changed | {"merge_fields": {**old["merge_fields"], **(content.get("merge_fields") or {})}}
            member["id"] = digest(member["email_address"])
        if member["status"] not in STATUSES:
            return problem(400, "Invalid Resource", "status is missing")
        if old is not None and member["id"] != old["id"]:
            self.store.drop("members", self._key(request))
        self.store.put("members", f"{request.args['list']}/{member['id']}", member)
        return Reply(200, member)

    @route("POST", "/lists/{list}")
    def batch(self, request: Request) -> Reply:
        list_id, content = request.args["list"], request.json()
        members = content.get("members") or []
        if list_id not in self.store.table("lists"):
            return self.missing()
        if len(members) > 500:
            return problem(400, "Invalid Resource", "at most 500 members")
        fresh: list[dict[str, Any]] = []
        updated: list[dict[str, Any]] = []
        errors: list[dict[str, Any]] = []
        for each in members:
            email = str(each.get("email_address", ""))
            key = f"{list_id}/{digest(email)}"
            if bad := self._invalid(list_id, email):
                errors.append({"email_address": email, "error": bad[1], "error_code": "ERROR_GENERIC"})
            elif key in self.store.table("members") and not content.get("update_existing"):
                text = f"{email} is already a list member."
                errors.append({"email_address": email, "error": text, "error_code": "ERROR_CONTACT_EXISTS"})
            else:
                (updated if key in self.store.table("members") else fresh).append(each)
                self.store.put("members", key, self._fresh(list_id, each, each["status"]))
        shown = {name: [self.store.table("members")[f"{list_id}/{digest(e['email_address'])}"] for e in group]
                 for name, group in (("new_members", fresh), ("updated_members", updated))}  # fmt: skip
        return Reply(200, {**shown, "errors": errors, "total_created": len(fresh), "error_count": len(errors)})

    @route("GET", "/lists/{list}/members/{hash}")
    def read(self, request: Request) -> Reply:
        found = self._member(request)
        return self.missing() if found is None else Reply(200, found)

    @route("GET", "/lists/{list}/members/{hash}/activity-feed")
    def activity(self, request: Request) -> Reply:
        return self.missing() if self._member(request) is None else Reply(200, {"activity": [], "total_items": 0})

    @route("PATCH", "/lists/{list}/members/{hash}")
    def patch(self, request: Request) -> Reply:
        found = self._member(request)
        if found is None:
            return self.missing()
        self.store.put("members", self._key(request), found | request.json())
        return Reply(200, found | request.json())

    @route("DELETE", "/lists/{list}/members/{hash}")
    def archive(self, request: Request) -> Reply:
        found = self._member(request)
        if found is None:
            return self.missing()
        if found["status"] == "archived":
            return problem(405, "Method Not Allowed", "This list member cannot be removed.")
        self.store.put("members", self._key(request), found | {"status": "archived"})
        return Reply(204)

    @route("POST", "/lists/{list}/members/{hash}/actions/delete-permanent")
    def forget(self, request: Request) -> Reply:
        found = self._member(request)
        if found is None:
            return self.missing()
        key = self._key(request)
        if fault := self.fault("slow_delete", request):
            self.options.setdefault("going", []).append([key, time.monotonic() + fault.seconds])
            return Reply(204)
        self._forget(key)
        if self.fault("reappear", request):
            self.options.setdefault("coming", []).append([key, found, 2])
        return Reply(204)

    def _forget(self, key: str) -> None:
        if self.store.drop("members", key):
            self.store.put("forgotten", key, {"key": key})

    def _ghosts(self) -> None:
        for going in list(self.options.get("going", ())):
            if going[1] <= time.monotonic():
                self.options["going"].remove(going)
                self._forget(going[0])
        for coming in list(self.options.get("coming", ())):
            coming[2] -= 1
            if coming[2] < 0:
                self.options["coming"].remove(coming)
                self.store.put("members", coming[0], coming[1])

    # --- lists and searching

    @route("GET", "/ping")
    def ping(self, request: Request) -> Reply:
        return Reply(200, {"health_status": "Everything's Chimpy!"})

    @route("GET", "/lists")
    def lists(self, request: Request) -> Reply:
        found = list(self.store.table("lists").values())
        return Reply(200, {"lists": found, "total_items": len(found)})

    @route("GET", "/lists/{list}")
    def read_list(self, request: Request) -> Reply:
        found = self.store.table("lists").get(request.args["list"])
        return self.missing() if found is None else Reply(200, found)

    @route("GET", "/lists/{list}/members")
    def members(self, request: Request) -> Reply:
        count, offset, prefix = int(request.get("count", "10")), int(request.get("offset", "0")), request.args["list"]
        table = self.store.table("members")
        found = self.store.cached(
            f"list {prefix}", lambda: [each for each in table.values() if each["list_id"] == prefix]
        )
        return Reply(200, {"members": found[offset : offset + min(1000, count)], "total_items": len(found)})

    @route("GET", "/search-members")
    def search(self, request: Request) -> Reply:
        email = request.get("query").lower()
        lists = self.store.table("lists")
        table = self.store.table("members")
        found = [table[key] for each in lists if (key := f"{each}/{digest(email)}") in table]
        found = [each for each in found if each["status"] != "archived"]
        return Reply(
            200, {"exact_matches": {"members": found, "total_items": len(found)}, "full_search": {"members": []}}
        )

    # --- what people do there

    def act(self, do: str, content: dict[str, Any]) -> Any:
        email = str(content.get("email", "")).lower()
        key = f"{content.get('list', LIST)}/{digest(email)}"
        found = self.store.table("members").get(key)
        if do == "add":
            member = self._fresh(key.partition("/")[0], {"email_address": email}, "subscribed")
            self.store.put("members", key, member)
            return True
        if do == "form":  # Mailchimp's own form: the only way back for who was forgotten
            self.store.drop("forgotten", key)
            return self.act("add", content)
        if do == "read":
            return found
        if found is None:
            return False
        fields = {"data[email]": email, "data[list_id]": LIST, "data[contact_id]": found["contact_id"]}
        if do == "delete":
            self._forget(key)
            kind, fields = "unsubscribe", fields | {"data[action]": "delete", "data[reason]": "manual"}
        elif do in ("unsubscribe", "complain"):
            self.store.put("members", key, found | {"status": "unsubscribed"})
            reason = "abuse" if do == "complain" else "manual"
            kind, fields = "unsubscribe", fields | {"data[action]": "unsub", "data[reason]": reason}
        elif do == "bounce":
            self.store.put("members", key, found | {"status": "cleaned"})
            kind = "cleaned"
        else:
            raise KeyError(do)
        body = urlencode(
            {"type": kind, "fired_at": time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime()), **fields}
        ).encode()
        self.send_webhook(signed(body, self.options.get("webhook_secret", WEBHOOK_SECRET)), body)
        return True


def signed(body: bytes, secret: str, *, at: float | None = None) -> dict[str, str]:
    """Return the headers of a webhook with Mailchimp's signature."""
    stamp = str(int(at or time.time()))
    signature = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return headers | {"X-Mailchimp-Signature": f"t={stamp},v1={signature}"}
