"""What erasure tests share: a clock that is turned by hand, an account full of data, and a search of everything."""

from __future__ import annotations

import contextlib
import io
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from unittest import mock

import redis
from django.conf import settings
from django.utils import timezone
from PIL import Image

from accounts.services import members, tokens
from privacy.connectors import base
from privacy.connectors.base import Health, Identity, Locator, Outcome, Presence, Result, Verdict
from sites.services import assets
from tests import canaries, cast
from webanizr.core import storage, tenancy
from webanizr.local import testing

AsRole = Callable[[str], AbstractContextManager[Any]]
# The request and its plan outlive the subject: random numbers and counts.
OURS = ("privacy_erasurerequest", "privacy_erasurestep")


@dataclass
class Clock:
    """The eraser's time: starts now, and is turned by hand."""

    moment: datetime = field(default_factory=lambda: timezone.now() + timedelta(seconds=1))

    def __call__(self) -> datetime:
        """Return what time it is."""
        return self.moment


@dataclass
class Elsewhere:
    """A system outside that can misbehave: what it holds, and answers it will give before it behaves."""

    key: str = "elsewhere"
    name: str = "Elsewhere"
    horizon_days: int = 0
    holds: set[str] = field(default_factory=set)
    next: list[Any] = field(default_factory=list)
    calls: int = 0

    def _answer(self) -> None:
        self.calls += 1
        if self.next:
            answer = self.next.pop(0)
            if isinstance(answer, Exception):
                raise answer

    def health(self) -> Health:
        """Say that it is there."""
        return Health(self.key, "ok")

    def locate(self, identity: Identity) -> list[Locator]:
        """Find what it holds."""
        self._answer()
        return [
            Locator(self.key, "contact", e, identity.person_id, email=e) for e in identity.emails if e in self.holds
        ]

    def export(self, locator: Locator) -> dict[str, Any]:
        """Hold nothing to export."""
        return {}

    def erase(self, locator: Locator) -> Outcome:
        """Forget one address."""
        self._answer()
        self.holds.discard(locator.id)
        return Outcome(Result.DONE)

    def verify_absent(self, identity: Identity) -> Verdict:
        """Look again."""
        self._answer()
        there = [each for each in identity.emails if each in self.holds]
        return Verdict(Presence.PRESENT if there else Presence.ABSENT, ("contact:present" if there else "contact:404",))


@contextmanager
def one_outside(other: Elsewhere | None = None) -> Iterator[Elsewhere]:
    """Let there be this one system outside and no other."""
    system = other or Elsewhere()
    with mock.patch.dict(base._factories, {"mailing": lambda: system}, clear=True):
        yield system


def fill(who: cast.Person, as_role: AsRole) -> uuid.UUID:
    """Give somebody's account a website, a picture, a token, an invitation and a message of Vera's; return its id."""
    site, _page, form = cast.site_of(who)
    picture = io.BytesIO()
    Image.new("RGB", (640, 480), "green").save(picture, "PNG")
    with tenancy.tenant(who.account.pk, user_id=who.user.pk):
        alt = f"Foto van {who.user.email}"
        assets.store_asset(site=site, name="brood.png", data=picture.getvalue(), alt=alt, actor=who.user)
        tokens.create_token(actor=who.user, name=f"Token van {who.user.email}", scopes=["sites:read"], days=30)
        cast.with_room()
        members.invite(actor=who.user, email=f"gast-{uuid.uuid4().hex[:6]}@example.nl", role="editor")
    return cast.send(as_role, site, form, name="Vera Visser", email="vera@example.nl", message="Hallo").id


def everything() -> list[str]:
    """Return every table of the database, whoever made it: the one list of what is searched."""
    with closing(testing.administrator()) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
        return [row[0] for row in cursor.fetchall()]


def found_anywhere(text: str, *, but: tuple[str, ...] = OURS) -> list[tuple[str, str]]:
    """Return (table, row) of every row in the database in which `text` can be recognised.

    Whole rows are copied out as the administrator of the test's server, whom row-level security binds no more: each
    column of whatever type, bytes included, in every spelling of `canaries` (hexadecimal, base64, packed ...). Sealed
    bytes can't be searched: other tests say that they go with their row.
    """
    return [(table, row) for table, row, _words in recognised([text], but=but)]


def recognised(words: list[str], *, but: tuple[str, ...] = ()) -> list[tuple[str, str, set[str]]]:
    """Return (table, row, words in it) of every row in which one of `words` can be recognised."""
    found = []
    with closing(testing.administrator()) as connection, connection.cursor() as cursor:
        for table in everything():
            if table in but:
                continue
            content = io.BytesIO()
            cursor.copy_expert(f'COPY (SELECT t::text FROM "{table}" t) TO STDOUT', content)
            if not _seen(words, content.getvalue()):
                continue
            for row in content.getvalue().split(b"\n"):
                seen = _seen(words, row)
                if seen:
                    found.append((table, row.decode(), seen))
    return found


def _seen(words: list[str], data: bytes) -> set[str]:
    """Return the words in the data; short ones as they are written only: encoded they are anywhere by chance."""
    long = [word for word in words if len(word) >= 8]
    return canaries.seen(long, data) | {word for word in words if len(word) < 8 and word.encode() in data}


def in_storage(words: list[str]) -> list[str]:
    """Return every file, older versions included, in whose name or content one of `words` can be recognised."""
    found = []
    for key, version in storage.versions(""):
        with contextlib.suppress(storage.Missing):  # the mark of a deletion
            if canaries.seen(words, key.encode() + b"\n" + storage.get(key, version=version)):
                found.append(key)
    return found


def in_redis(words: list[str]) -> list[str]:
    """Return "number of the database:key" of every key of Redis (cache, broker, tally) with one of `words` in it."""
    found = []
    broker = settings.CELERY_BROKER_URL.replace("redis+socket:", "unix:").partition("?")[0]
    for address in {settings.REDIS_URL.partition("?")[0], broker}:
        with redis.Redis.from_url(address) as server:
            numbers = [int(str(name).removeprefix("db")) for name in server.info("keyspace")]
        for number in numbers:
            with redis.Redis.from_url(address, db=number) as one:
                keys = [key for key in one.scan_iter() if canaries.seen(words, key + b"\n" + _content(one, key))]
            found += [f"{number}:{key.decode(errors='replace')}" for key in keys]
    return found


def _content(server: Any, key: bytes) -> bytes:
    """Return what a key holds, as it was put in: a dump would pack it."""
    readers: dict[bytes, Callable[[], Any]] = {
        b"string": lambda: [server.get(key)],
        b"list": lambda: server.lrange(key, 0, -1),
        b"set": lambda: server.smembers(key),
        b"zset": lambda: server.zrange(key, 0, -1),
        b"hash": lambda: [each for pair in server.hgetall(key).items() for each in pair],
        b"stream": lambda: [repr(server.xrange(key)).encode()],
        b"none": list,
    }
    return b"\n".join(each or b"" for each in readers[server.type(key)]())


def files() -> list[str]:
    """Return every key in file storage."""
    return list(storage.keys(""))
