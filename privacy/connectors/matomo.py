"""Matomo 5, the statistics: page views of Webanizr's own pages, under a pseudonym, with the address of the network.

Serves promises 07 and 08. https://developer.matomo.org/api-reference/tracking-api and /reporting-api. A visit is sent
once or not at all: the protocol knows no idempotency, so a batch without an answer is dropped rather than sent twice.
`uid` is hexadecimal (Matomo decodes segments three times), and with it alone a person's visits are found, exported and
erased; Matomo's own "anonymise the user id" must be off and its visits log on.
"""

from __future__ import annotations

import functools
import hashlib
import hmac
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from privacy.connectors.api import Api, Failed, asked, code, judge, told, verified
from privacy.connectors.base import (
    ExternalSystem,
    Health,
    Identity,
    Locator,
    NotConfigured,
    Outcome,
    Presence,
    Result,
    Verdict,
)
from webanizr.core import net
from webanizr.core.processors import Field, Processor, Rate

LIMIT = 401  # visits that PrivacyManager finds at once
ROUNDS = 200  # of at most LIMIT visits each, in one erasure
CHUNK = 100  # visits deleted by one request

PROCESSOR = Processor(
    key="matomo",
    name="Matomo",
    base_url=lambda: settings.STATISTICS_BASE_URL,
    does=_("Counts which of our own pages are used. It may use your data for nothing else."),
    purposes={
        "statistics": _("Counting that you opened one of our own pages"),
        "look_up": _("Looking what the statistics hold about you"),
        "export": _("Collecting your data for your download"),
        "erase": _("Erasing your data there"),
        "verify": _("Looking whether your data is really gone there"),
        "health": _("Looking whether the system works, without sending anything"),
    },
    fields=(
        Field("pseudonym", _("a number in place of your name"), ("requests.uid", "segment")),
        Field("ip_address", _("IP address"), ("requests.cip",)),
        Field("page", _("which of our pages you opened"), ("requests.url",)),
        Field("moment", _("when"), ("requests.cdt",)),
        Field("visit", _("the number of a visit"), ("visits.idvisit",)),
    ),
    technical=frozenset(
        {"requests.idsite", "requests.rec", "requests.apiv", "requests.send_image", "token_auth", "visits.idsite"}
        | {"module", "method", "format", "idSite", "filter_limit"}
    ),
    location=_("our own servers at Amazon Web Services, Ireland"),
    rates={"default": Rate(5, 5), "tracking": Rate(5, 5)},
    objectable=frozenset({"statistics"}),
)


@dataclass(frozen=True)
class Hit:
    """One page view. Args: person_id; address: IP address; path: without query or ids; at: when, in UTC."""

    person_id: uuid.UUID
    address: str
    path: str
    at: datetime


@functools.cache
def _key(secret: str) -> bytes:
    return hmac.new(secret.encode(), b"webanizr.statistics", hashlib.sha256).digest()


def pseudonyms(person_id: uuid.UUID) -> list[str]:
    """Return the hexadecimal pseudonyms of a person: today's first, then those under former keys.

    Under the key that never changes (ADDRESS_KEY), or else what was counted could not be found again.
    """
    keys = dict.fromkeys([settings.ADDRESS_KEY, *settings.SECRET_KEY_FALLBACKS])
    return [hmac.new(_key(key), person_id.bytes, hashlib.sha256).hexdigest()[:32] for key in keys]


class Matomo:
    """The connector."""

    key, name, horizon_days = PROCESSOR.key, PROCESSOR.name, 1

    def __init__(self) -> None:
        self.api = Api(PROCESSOR, dict, reason=lambda error: "")

    def health(self) -> Health:
        """Read our site's record, with the admin token where this service has it, else with the one for tracking."""
        began = datetime.now(UTC)
        try:
            self._call("SitesManager.getSiteFromId", {"idSite": settings.STATISTICS_SITE}, why="health")
        except Failed as failed:
            blocked = failed.outcome.result is Result.BLOCKED
            return Health(self.key, "refused" if blocked else "away", failed.outcome.cause)
        return Health(self.key, "ok", milliseconds=int((datetime.now(UTC) - began).total_seconds() * 1000))

    def track(self, hits: Sequence[Hit]) -> Outcome:
        """Send page views in one request. Only an outcome without `uncertain` and with RETRY may be sent again.

        DONE also when Matomo took fewer than were sent: it says how many, never which.
        """
        requests = [
            net.QueryString(
                idsite=settings.STATISTICS_SITE,
                rec=1,
                apiv=1,
                send_image=0,
                uid=pseudonyms(hit.person_id)[0],
                cip=hit.address,
                url=f"{settings.APP_URL}{hit.path}",
                cdt=int(hit.at.timestamp()),
            )
            for hit in hits
        ]
        try:
            found = self.api.read(
                "POST",
                "/matomo.php",
                json={"requests": requests, "token_auth": settings.STATISTICS_TOKEN},
                why="statistics",
                about=[hit.person_id for hit in hits],
                bucket="tracking",
                daily=True,
            )
        except Failed as failed:
            outcome = failed.outcome
            # an answer of 500 or a broken one may have counted some: only what never arrived may be sent again
            again = outcome.cause in ("unreachable", "our_own_limit", "http_429", "http_503")
            return (
                outcome if again or outcome.result is Result.BLOCKED else Outcome(Result.BLOCKED, cause=outcome.cause)
            )
        if not isinstance(found, dict) or found.get("status") != "success":
            return Outcome(Result.BLOCKED, cause="not_understood")
        if found.get("invalid"):
            return Outcome(Result.BLOCKED, cause="some_invalid")
        return Outcome(Result.DONE, cause="" if found.get("tracked") else "none_counted")

    # --- privacy

    @asked
    def locate(self, identity: Identity) -> list[Locator]:
        """Return one locator per pseudonym that has visits."""
        return self._locate(identity, "look_up")

    def _locate(self, identity: Identity, why: str) -> list[Locator]:
        person = identity.person_id
        return [
            Locator(self.key, "visits", uid, person) for uid in pseudonyms(person) if self._visits(uid, person, why)
        ]

    @asked
    def export(self, locator: Locator) -> dict[str, Any]:
        """Return Matomo's export of the visits (at most LIMIT; the newest come first there)."""
        visits = self._visits(locator.id, locator.person_id, "export")
        found: dict[str, Any] = {"visits": []}
        for start in range(0, len(visits), CHUNK):
            part = self._on(visits[start : start + CHUNK], "PrivacyManager.exportDataSubjects", locator, "export")
            found["visits"].append(part)
        return found

    @told
    def erase(self, locator: Locator) -> Outcome:
        """Find and delete until nothing is found: at most LIMIT visits come at a time."""
        gone: set[tuple[str, str]] = set()
        for _round in range(ROUNDS):
            visits = self._visits(locator.id, locator.person_id, "erase")
            if not visits:
                return Outcome(Result.DONE if gone else Result.ALREADY_ABSENT)
            if gone.issuperset(visits):
                return Outcome(Result.ACCEPTED, after=60, cause="still_there")  # deleted a moment ago, and found again
            for start in range(0, len(visits), CHUNK):
                self._on(visits[start : start + CHUNK], "PrivacyManager.deleteDataSubjects", locator, "erase")
            gone.update(visits)
        return Outcome(Result.RETRY, after=1, cause="more_to_do")

    @verified
    def verify_absent(self, identity: Identity) -> Verdict:
        """Find again."""
        if self._locate(identity, "verify"):
            return Verdict(Presence.PRESENT, ("visits",))
        return Verdict(Presence.ABSENT, (f"pseudonyms: {len(pseudonyms(identity.person_id))}, visits: 0",))

    # --- parts

    def _visits(self, uid: str, person_id: uuid.UUID, why: str) -> list[tuple[str, str]]:
        content = {"idSite": settings.STATISTICS_SITE, "segment": f"userId=={uid}"}
        found = self._call("PrivacyManager.findDataSubjects", content, why=why, about=[person_id])
        if not isinstance(found, list):
            raise Failed(Outcome(Result.RETRY, after=30, cause="not_understood"))
        return [(str(each["idSite"]), str(each["idVisit"])) for each in found]

    def _on(self, visits: list[tuple[str, str]], method: str, locator: Locator, why: str) -> Any:
        content: dict[str, str] = {}
        for number, (site, visit) in enumerate(visits):
            content |= {f"visits[{number}][idsite]": site, f"visits[{number}][idvisit]": visit}
        return self._call(method, content, why=why, about=[locator.person_id])

    def _call(self, method: str, content: dict[str, str], *, why: str, about: Sequence[uuid.UUID] = ()) -> Any:
        """Ask the reporting API: module and method in the address, the token in the body. Errors come with 200."""
        answer = self.api.ask(
            "POST",
            "/index.php",
            query={"module": "API", "method": method, "format": "JSON"},
            form={**content, "token_auth": settings.STATISTICS_ADMIN_TOKEN or settings.STATISTICS_TOKEN},
            why=why,
            about=about,
        )
        found = answer.json()
        if found is None:
            raise Failed(judge(answer))
        if isinstance(found, dict) and found.get("result") == "error":
            raise Failed(Outcome(Result.BLOCKED, cause=code("matomo_refused")))
        return found


def statistics() -> ExternalSystem:
    """Return the connector, or what stands for it while it is switched off."""
    if settings.STATISTICS_BASE_URL:
        return Matomo()
    return NotConfigured("matomo", "Matomo")
