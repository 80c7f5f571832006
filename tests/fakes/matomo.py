"""Matomo 5: tracking (single and bulk) and the parts of the reporting API that find, export and delete visits.

Its quirks: errors of the API mostly come with 200 and {"result": "error"}; a bulk request with a bad token is 200 with
everything "invalid"; during maintenance bulk is 200 with `tracked: 0`; at most LIMIT visits are found at once.
"""

from __future__ import annotations

import ipaddress
import time
from typing import Any
from urllib.parse import parse_qsl

from tests.fakes.parts import Reply, Request
from tests.fakes.server import Fake, route

SITE = "1"
TOKEN = "a" * 32  # may track
ADMIN_TOKEN = "b" * 32  # may read and delete visits
LIMIT = 401  # PrivacyManager's own limit


def wrong(message: str) -> Reply:
    return Reply(200, {"result": "error", "message": message})


class Matomo(Fake):
    """Visits of one site."""

    name, base, requests_per_second = "matomo", "", 0.0

    def seed(self) -> None:
        self.store.put("sites", SITE, {"idsite": int(SITE), "name": "Webanizr"})

    # --- tracking

    @route("POST", "/matomo.php")
    def track(self, request: Request) -> Reply:
        content = request.json() if request.body[:1] == b"{" else {}
        if "requests" not in content:
            form = request.form() | {name: values[0] for name, values in request.query.items()}
            if form.get("idsite") not in self.store.table("sites"):
                return Reply(400, b"An unexpected website was found in the request")
            self._visit(form)
            return Reply(204 if form.get("send_image") == "0" else 200, None)
        if self.fault("recording_off", request):
            return Reply(503, {"status": "error", "tracked": 0})
        if self.fault("maintenance", request):
            return Reply(200, {"status": "success", "tracked": 0, "invalid": 0})
        hits = [dict(parse_qsl(each.lstrip("?"))) for each in content["requests"]]
        if content.get("token_auth") != TOKEN:  # without it no foreign IP address and no old time is believed
            return Reply(200, {"status": "success", "tracked": 0, "invalid": len(hits)})
        good = [hit for hit in hits if hit.get("idsite") in self.store.table("sites") and hit.get("rec") == "1"]
        for hit in good:
            self._visit(hit)
        return Reply(200, {"status": "success", "tracked": len(good), "invalid": len(hits) - len(good)})

    def _visit(self, hit: dict[str, str]) -> None:
        """Keep a hit; the address loses its last two bytes, as Matomo's anonymiser does out of the box."""
        number = self.store.number("visit")
        address = hit.get("cip", "")
        if address:
            ip = ipaddress.ip_address(address)
            address = str(ipaddress.ip_network((address, 16 if ip.version == 4 else 48), strict=False).network_address)
        self.store.put(
            "visits",
            str(number),
            {
                "idVisit": number,
                "idSite": int(hit["idsite"]),
                "userId": hit.get("uid"),
                "visitIp": address,
                "url": hit.get("url", ""),
                "action": hit.get("action_name", ""),
                "time": hit.get("cdt", ""),
                "fields": sorted(set(hit) - {"idsite", "rec", "apiv", "send_image"}),
                "heard": time.time(),
            },
        )

    # --- the reporting API

    @route("POST", "/index.php")
    def api(self, request: Request) -> Reply:
        method, form = request.get("method"), request.form()
        if request.get("module") != "API" or request.get("token_auth"):
            return wrong("The token may only be in the body.")
        looking = method in ("API.getMatomoVersion", "SitesManager.getSiteFromId")
        if form.get("token_auth") != ADMIN_TOKEN and not (looking and form.get("token_auth") == TOKEN):
            return Reply(401, {"result": "error", "message": "You must be logged in to access this functionality."})
        if method == "API.getMatomoVersion":
            return Reply(200, {"value": "5.2.0"})
        if method == "SitesManager.getSiteFromId":
            found = self.store.table("sites").get(form.get("idSite", ""))
            return wrong("An unexpected website was found.") if found is None else Reply(200, found)
        if self.fault("visits_log_off", request):
            return wrong("Visits log is deactivated.")
        self._ghosts()
        if method == "PrivacyManager.findDataSubjects":
            segment = form.get("segment", "")
            if not segment.startswith("userId=="):
                return wrong("segment")
            uid = segment.removeprefix("userId==")
            visits = [each for each in self.store.table("visits").values() if each["userId"] == uid]
            return Reply(200, visits[:LIMIT])
        chosen = self._chosen(form)
        if method == "PrivacyManager.exportDataSubjects":
            return Reply(200, {"log_visit": [self.store.table("visits")[key] for key in chosen]})
        if method == "PrivacyManager.deleteDataSubjects":
            if fault := self.fault("slow_delete", request):
                going = [[key, time.monotonic() + fault.seconds] for key in chosen]
                self.options.setdefault("going", []).extend(going)
                return Reply(200, {"log_visit": len(chosen)})
            gone = [(key, self.store.table("visits")[key]) for key in chosen]
            for key in chosen:
                self.store.drop("visits", key)
            if self.fault("reappear", request):
                self.options.setdefault("coming", []).extend([key, visit, 2] for key, visit in gone)
            return Reply(200, {"log_visit": len(chosen), "log_link_visit_action": len(chosen)})
        return wrong(f"The method '{method}' does not exist")

    def _chosen(self, form: dict[str, str]) -> list[str]:
        numbers = [value for name, value in form.items() if name.startswith("visits[") and name.endswith("[idvisit]")]
        return [number for number in numbers if number in self.store.table("visits")]

    def _ghosts(self) -> None:
        for going in list(self.options.get("going", ())):
            if going[1] <= time.monotonic():
                self.options["going"].remove(going)
                self.store.drop("visits", going[0])
        for coming in list(self.options.get("coming", ())):
            coming[2] -= 1
            if coming[2] < 0:
                self.options["coming"].remove(coming)
                self.store.put("visits", coming[0], coming[1])

    def act(self, do: str, content: dict[str, Any]) -> Any:
        if do == "visits":
            return [each for each in self.store.table("visits").values() if each["userId"] == content.get("uid")]
        raise KeyError(do)
