"""Counting page views of Webanizr's own pages for people who are signed in (promise 07).

What is counted: which page (its pattern, so without ids or query), when, a pseudonym, and the IP address. It waits in
Redis for some seconds and is sent in one request; what can't be sent for certain once is dropped. Nothing is counted
for who asked not to be followed (Do Not Track, Global Privacy Control, or the switch on the page "Shared with").
Customers' sites are served by another service and never counted; nor are people who aren't signed in, since what is
kept about them could not be found again to be erased.
"""

from __future__ import annotations

import contextlib
import json
import logging
import re
import time
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import cast

from celery import shared_task
from django.apps import apps
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from redis.exceptions import RedisError

from privacy.connectors import matomo
from privacy.connectors.base import Result
from privacy.erasure.subjects import Subject
from privacy.models import ErasureStep
from webanizr.core import objections, ratelimit

log = logging.getLogger(__name__)

BUFFER = "statistics:hits"
LONGEST = 20_000  # page views that wait, the oldest are dropped
SECONDS = 3600  # an address waits no longer than this
BATCH = 200
BATCHES = 20  # of one turn
PLACE = re.compile(r"<[^>]+>")
_away_until = 0.0  # after Redis didn't answer, pages aren't held up by it for a while


class StatisticsMiddleware:
    """Notes that a page was opened, after it was made."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request."""
        response = self.get_response(request)
        if settings.STATISTICS_BASE_URL and counts(request, response):
            note(request)
        return response


def counts(request: HttpRequest, response: HttpResponseBase) -> bool:
    """Return whether this is a page view that may be counted."""
    return (
        request.method == "GET"
        and response.status_code == 200
        and response.headers.get("Content-Type", "").startswith("text/html")
        and request.user.is_authenticated
        and request.resolver_match is not None
        and not request.path.startswith("/dev/")
        and request.headers.get("HX-Request") is None
        and request.headers.get("DNT") != "1"
        and request.headers.get("Sec-GPC") != "1"
    )


def page_of(route: str) -> str:
    """Return the address of a page without what tells pages apart: "sites/<uuid:site_id>/" gives "/sites/-/"."""
    return "/" + PLACE.sub("-", route).lstrip("/")


def note(request: HttpRequest) -> None:
    """Put one page view in the buffer; without Redis it isn't counted."""
    global _away_until
    if time.monotonic() < _away_until:
        return
    assert request.resolver_match is not None
    hit = [
        str(request.user.pk),
        ratelimit.client_address(request.META),
        page_of(request.resolver_match.route),
        int(time.time()),
    ]
    try:
        pipeline = ratelimit.connection().pipeline(transaction=False)
        pipeline.rpush(BUFFER, json.dumps(hit))
        pipeline.ltrim(BUFFER, -LONGEST, -1)
        pipeline.expire(BUFFER, SECONDS)
        pipeline.execute()
    except RedisError:
        _away_until = time.monotonic() + 30


@shared_task(name="privacy.statistics.send")
def send() -> int:
    """Send what waits; return how many page views were sent."""
    if not settings.STATISTICS_BASE_URL:
        return 0
    sent = 0
    for _ in range(BATCHES):
        try:
            waiting = cast("list[bytes] | None", ratelimit.connection().lpop(BUFFER, BATCH))
        except RedisError:
            break
        if not waiting:
            break
        hits = allowed([read(each) for each in waiting], now=datetime.now(UTC))
        if not hits:
            continue
        outcome = matomo.Matomo().track(hits)
        if outcome.result is Result.RETRY and not outcome.uncertain:
            put_back(waiting)  # nothing arrived, so it can't be counted twice
            break
        if outcome.result is Result.DONE:
            sent += len(hits)
        else:
            log.warning("statistics: %s page views dropped (%s)", len(hits), outcome.cause)
    return sent


def read(stored: bytes) -> matomo.Hit:
    """Return a page view from the buffer."""
    person_id, address, path, at = json.loads(stored)
    return matomo.Hit(uuid.UUID(person_id), address, path, datetime.fromtimestamp(at, UTC))


def allowed(hits: Sequence[matomo.Hit], *, now: datetime) -> list[matomo.Hit]:
    """Leave out who said no, who no longer exists, and what is too old."""
    people = list({hit.person_id for hit in hits})
    user = apps.get_model(settings.AUTH_USER_MODEL)
    with transaction.atomic():
        known = set(user.objects.filter(pk__in=people).values_list("pk", flat=True))
        known -= objections.among(matomo.PROCESSOR.key, people)
        known -= _being_erased(people)
    return [hit for hit in hits if hit.person_id in known and (now - hit.at).total_seconds() < SECONDS]


def _being_erased(people: Sequence[uuid.UUID]) -> set[uuid.UUID]:
    """Return who of these people is being erased: a page view that waited must not bring them back."""
    steps = ErasureStep.objects.filter(
        kind="system", request__state="running", args__person__in=[str(p) for p in people]
    )
    return {uuid.UUID(person) for person in steps.values_list("args__person", flat=True)}


def drop(subject: Subject) -> int:
    """Drop the page views that wait of people who are being erased, and return how many are left: none.

    Until then they aren't sent either. Raises OSError when Redis can't be reached.
    """
    people = {str(person.id) for person in subject.people}
    try:
        redis = ratelimit.connection()
        for stored in cast("list[bytes]", redis.lrange(BUFFER, 0, -1)):
            if json.loads(stored)[0] in people:
                redis.lrem(BUFFER, 0, stored)  # type: ignore[arg-type]  # as it was stored
        waiting = cast("list[bytes]", redis.lrange(BUFFER, 0, -1))
    except RedisError as error:
        raise OSError("redis") from error
    return sum(json.loads(stored)[0] in people for stored in waiting)


def stop(subject: Subject) -> None:
    """Drop what waits before anything else goes; while Redis is away, the erasure's look at the caches does it."""
    with contextlib.suppress(OSError):
        drop(subject)


def put_back(waiting: Sequence[bytes]) -> None:
    """Return page views to the head of the buffer."""
    try:
        pipeline = ratelimit.connection().pipeline(transaction=False)
        pipeline.lpush(BUFFER, *reversed(waiting))
        pipeline.expire(BUFFER, SECONDS)
        pipeline.execute()
    except RedisError:
        log.warning("statistics: %s page views dropped (redis)", len(waiting))
