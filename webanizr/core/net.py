"""The only way out: requests to declared processors, with declared fields, each one recorded before it leaves.

Serves promises 06 and 07. What isn't declared (`webanizr.core.processors`) raises before a byte is sent. A transfer's
row is committed first, so that whatever happens next, nothing was ever sent without a row. No redirects, no proxies
from the environment, bounded times and sizes, a rate per provider that gets slower when Redis is away.
"""

from __future__ import annotations

import functools
import json as jsonlib
import logging
import re
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import urllib3
from django.db import connection, transaction
from django.db.models import Case, F, When
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    MaxRetryError,
    NameResolutionError,
    NewConnectionError,
)

from webanizr.core import objections, throttle
from webanizr.core.models import Transfer
from webanizr.core.processors import REGISTRY, Processor

log = logging.getLogger(__name__)

CONNECT_SECONDS = 3.0
READ_SECONDS = 30.0
TOTAL_SECONDS = 60.0  # a server that sends a byte now and then doesn't hold a worker for ever
LARGEST_ANSWER = 10 << 20  # bytes
NUMBERED, NESTED = re.compile(r"\[\d*\]"), re.compile(r"\[(\w+)\]")  # a form's way to nest: visits[0][idvisit]
LONGEST_WAIT = 10.0  # seconds that a request waits for its turn; after that the task waits instead


class Undeclared(Exception):
    """A host or a field that the processor's declaration doesn't name, or a processor that nobody declared."""


class SwitchedOff(Exception):
    """The processor has no address: its settings are unset."""


class Objected(Exception):
    """Somebody whose data would be sent has said no to this processor."""


class InsideTransaction(RuntimeError):
    """A request was about to be made while a database transaction was open."""


class NotSent(Exception):
    """The other side could not be reached; it got nothing."""


class Uncertain(Exception):
    """No whole answer came: the other side may or may not have done what was asked."""


class QueryString(dict[str, Any]):
    """A value of a body that goes out as a query string ("?a=1&b=2"): its fields are looked at like all others."""


@dataclass(frozen=True)
class Answer:
    """What the other side said. `headers` has lower-case names."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the body as JSON, None when it isn't."""
        try:
            return jsonlib.loads(self.body)
        except ValueError:
            return None


# Whoever must be able to stop everything that leaves: each raises SwitchedOff.
GATES: list[Callable[[], None]] = []


@functools.cache
def pool() -> urllib3.PoolManager:
    """Return this process's connections. urllib3 reads no proxies from the environment by itself."""
    return urllib3.PoolManager(
        num_pools=8,
        maxsize=4,
        retries=False,
        timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
        headers={"User-Agent": "Webanizr"},
    )


def request(
    processor: Processor,
    method: str,
    path: str,
    *,
    why: str,
    about: Sequence[uuid.UUID] = (),
    place: Mapping[str, str] | None = None,
    query: Mapping[str, Any] | None = None,
    json: Any = None,
    form: Mapping[str, Any] | None = None,
    auth: Mapping[str, str] | None = None,
    bucket: str = "default",
    patience: float = LONGEST_WAIT,
    daily: bool = False,
    read_seconds: float = READ_SECONDS,
) -> Answer:
    """Make one request and return its answer, whatever its status.

    Args: path: below the processor's address, with {names} that `place` fills ("/contacts/{email}"), or a whole
    address on its host; why: key of one of its purposes; about: ids of the people whose data is in it; query, json,
    form: as the protocol wants them; auth: headers with secrets; bucket: which of its rates counts; patience: most
    seconds to wait for a turn; daily: add to today's row of the same people instead of writing one each time;
    read_seconds: how long its answer may take.
    Raises Undeclared, Objected, SwitchedOff, InsideTransaction, throttle.Throttled and NotSent (nothing was sent),
    Uncertain.
    """
    url = _url(processor, path, place or {}, query or {})
    if why not in processor.purposes:
        raise Undeclared(f"{processor.key} has no purpose {why!r}")
    fields = _fields(processor, [*(place or {}), *_names(query or {}), *_names(form or {}), *_names(json)])
    if fields and not about:
        raise Undeclared(f"{', '.join(fields)} would go to {processor.key} without saying whose it is")
    for gate in GATES:
        gate()
    if connection.in_atomic_block:
        raise InsideTransaction(f"{processor.key}: no HTTP inside a transaction; record and commit first.")
    if why in processor.objectable and objections.among(processor.key, about):
        raise Objected(f"somebody said no to {processor.key}")
    throttle.take(processor, bucket, patience=patience)
    rows = record(processor, why=why, about=about, fields=fields, daily=daily)
    headers = dict(auth or {})
    body: bytes | None = None
    if json is not None:
        body, headers["Content-Type"] = jsonlib.dumps(_written(json)).encode(), "application/json"
    elif form is not None:
        body, headers["Content-Type"] = urlencode(form, doseq=True).encode(), "application/x-www-form-urlencoded"
    began = time.monotonic()
    try:
        answer = _exchange(method, url, body, headers, read_seconds)
    except NotSent:
        withdraw(rows)
        log.warning("%s %s %s: could not be reached", processor.key, method, path)
        raise
    except Uncertain as error:
        log.warning("%s %s %s: no answer (%s)", processor.key, method, path, error)
        raise
    level = logging.DEBUG if answer.status < 400 else logging.INFO
    log.log(
        level, "%s %s %s: %s in %.0f ms", processor.key, method, path, answer.status, (time.monotonic() - began) * 1e3
    )
    return answer


def _exchange(method: str, url: str, body: bytes | None, headers: dict[str, str], read_seconds: float) -> Answer:
    deadline = time.monotonic() + max(TOTAL_SECONDS, read_seconds)
    timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=read_seconds)
    try:
        response = pool().request(
            method, url, body=body, headers=headers, redirect=False, preload_content=False, timeout=timeout
        )
    except (NewConnectionError, NameResolutionError, ConnectTimeoutError) as error:
        raise NotSent(type(error).__name__) from None
    except MaxRetryError as error:
        raise NotSent(type(error.reason).__name__) from None
    except HTTPError as error:
        raise Uncertain(type(error).__name__) from None
    try:
        parts, size = [], 0
        for part in response.stream(1 << 16, decode_content=True):
            parts.append(part)
            size += len(part)
            if size > LARGEST_ANSWER:
                raise Uncertain("too large")
            if time.monotonic() > deadline:
                raise Uncertain("too slow")
    except (HTTPError, OSError) as error:
        response.close()
        raise Uncertain(type(error).__name__) from None
    except Uncertain:
        response.close()
        raise
    response.release_conn()
    return Answer(response.status, {k.lower(): v for k, v in response.headers.items()}, b"".join(parts))


def _url(processor: Processor, path: str, place: Mapping[str, str], query: Mapping[str, Any]) -> str:
    if REGISTRY.get(processor.key) is not processor:
        raise Undeclared(f"nobody declared the processor {processor.key}")
    base = processor.address()
    if not base.hostname:
        raise SwitchedOff(f"{processor.key} has no address")
    if "://" in path:
        parts = urlsplit(path)
        if (parts.scheme, parts.netloc) != (base.scheme, base.netloc):
            raise Undeclared(f"{processor.key} may not be asked at {parts.hostname}")
        url = path
    else:
        if not path.startswith("/"):
            raise Undeclared(f"{path!r} is no path")
        filled = path.format(**{name: quote(value, safe="") for name, value in place.items()})
        url = f"{base.scheme}://{base.netloc}{base.path.rstrip('/')}{filled}"
    return f"{url}?{urlencode(query, doseq=True)}" if query else url


def _written(content: Any) -> Any:
    """Return a body with its query strings written out."""
    if isinstance(content, QueryString):
        return "?" + urlencode(content)
    if isinstance(content, Mapping):
        return {key: _written(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [_written(each) for each in content]
    return content


def _names(content: Any, prefix: str = "") -> Iterator[str]:
    """Yield the dotted names of everything in a body; lists don't count as a level, nor do the [0] of forms."""
    if isinstance(content, Mapping):
        for key, value in content.items():
            name = prefix + NESTED.sub(r".\1", NUMBERED.sub("", str(key)))
            if isinstance(value, Mapping) and value:
                yield from _names(value, f"{name}.")
            elif isinstance(value, list | tuple) and any(isinstance(each, Mapping) for each in value):
                for each in value:
                    yield from _names(each, f"{name}.")
            else:
                yield name
    elif isinstance(content, list | tuple):
        for each in content:
            yield from _names(each, prefix)


def _fields(processor: Processor, names: list[str]) -> list[str]:
    found: dict[str, None] = {}
    for name in dict.fromkeys(names):
        declared = processor.field_of(name)
        if declared is None:
            raise Undeclared(f"{processor.key} may not be sent {name!r}: it is in no declaration")
        if declared:
            found[declared] = None
    return list(found)


def record(
    processor: Processor, *, why: str, about: Sequence[uuid.UUID], fields: Sequence[str], daily: bool = False
) -> list[uuid.UUID]:
    """Commit one row for each person whose data is about to leave; return the rows' ids.

    Outside any transaction, on purpose: work that is rolled back later has sent its request all the same. `daily` adds
    to the person's row of today (page views), so that the list stays readable.
    """
    if not fields:
        return []
    counted: list[uuid.UUID] = []
    with transaction.atomic():
        people = list(dict.fromkeys(about))
        if daily:
            found = _count_today(processor.key, why, people, list(fields))
            counted, people = list(found.values()), [each for each in people if each not in found]
        rows = Transfer.objects.bulk_create(
            Transfer(person_id=each, processor=processor.key, purpose=why, fields=list(fields)) for each in people
        )
    return [*counted, *(row.id for row in rows)]


def _count_today(processor: str, why: str, people: list[uuid.UUID], fields: list[str]) -> dict[uuid.UUID, uuid.UUID]:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE core_transfer SET times = times + 1, last_at = clock_timestamp(), sent = true"
            " WHERE person_id = ANY(%s::uuid[]) AND processor = %s AND purpose = %s AND fields = %s::jsonb"
            " AND at >= date_trunc('day', clock_timestamp()) RETURNING person_id, id",
            [[str(each) for each in people], processor, why, jsonlib.dumps(fields)],
        )
        return dict(cursor.fetchall())


def withdraw(rows: Sequence[uuid.UUID]) -> None:
    """Note that what was recorded in these rows never reached the other side."""
    if rows:
        with transaction.atomic():
            Transfer.objects.filter(id__in=rows).update(
                times=F("times") - 1, sent=Case(When(times__gt=1, then=True), default=False)
            )
