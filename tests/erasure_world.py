"""What erasure tests share: a clock that is turned by hand, an account full of data, and a search of everything."""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from unittest import mock

from django.utils import timezone
from PIL import Image

from accounts.services import members, tokens
from privacy.connectors import base
from privacy.connectors.base import Health, Identity, Locator, Outcome, Presence, Result, Verdict
from sites.services import assets
from tests import cast
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


def tables() -> list[tuple[str, list[str]]]:
    """Return every table with those of its columns that can hold words or numbers of rows."""
    with closing(testing.current().connect("migrator")) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, array_agg(column_name::text) FROM information_schema.columns"
            " WHERE table_schema = 'public' AND (data_type IN ('text', 'character varying', 'json', 'jsonb', 'uuid',"
            " 'bytea', 'ARRAY') OR data_type LIKE 'character%') GROUP BY 1 ORDER BY 1"
        )
        rows: list[tuple[str, list[str]]] = cursor.fetchall()
    return rows


def everything() -> int:
    """Return how many tables are searched."""
    return len(tables())


def found_anywhere(text: str, *, but: tuple[str, ...] = OURS) -> list[tuple[str, str]]:
    """Return (table, column) of every text, JSON, id or bytes in the database that holds `text`.

    As the administrator of the test's server, whom row-level security doesn't bind. Sealed bytes can't be searched:
    other tests say that they go with their row.
    """
    found = []
    with closing(testing.administrator()) as connection, connection.cursor() as cursor:
        for table, columns in tables():
            if table in but:
                continue
            for column in columns:
                cursor.execute(f'SELECT 1 FROM "{table}" WHERE position(%s in "{column}"::text) > 0 LIMIT 1', [text])
                if cursor.fetchone():
                    found.append((table, column))
    return found


def files() -> list[str]:
    """Return every key in file storage."""
    return list(storage.keys(""))
