"""What the newsletter's tests share: an address, the mails that were queued, the worker's login."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.db import connection

from newsletters.models import Reconcile, SyncState
from tests import external
from tests.fakes.server import Fake
from webanizr.core import mail, ratelimit


@pytest.fixture
def worker(as_role: Callable[[str], AbstractContextManager[Any]]) -> Iterator[None]:
    """Work as the worker's login: it sees committed rows only."""
    with as_role("worker"):
        yield


@pytest.fixture
def address() -> str:
    """An address that nobody used before."""
    return f"vera-{uuid.uuid4().hex[:8]}@example.nl"


class Letters(list[dict[str, Any]]):
    """The mails that were queued, each as `mail.send` got it."""

    def link(self, template: str, to: str) -> str:
        """Return the path in the newest mail of this kind."""
        found = [each for each in self if each["template"] == f"mail/newsletter_{template}" and each["to"] == to]
        assert found, f"no {template} to {to}: {[each['template'] for each in self]}"
        return re.sub(r"^https?://[^/]+", "", str(found[-1]["context"]["link"]))


@pytest.fixture
def letters(monkeypatch: pytest.MonkeyPatch) -> Letters:
    """Look over the shoulder of `mail.send`; the mails are queued all the same."""
    kept = Letters()
    send = mail.send

    def keep(**given: Any) -> Any:
        if "account_id" in given:  # `send` calls itself once more, without it
            kept.append(given)
        return send(**given)

    monkeypatch.setattr(mail, "send", keep)
    return kept


def empty(fake: Fake) -> Iterator[Fake]:
    """Yield `fake`, configured and empty; leave nothing for the next test to push or compare."""
    ratelimit.connection().flushdb()
    yield from external.emptied(fake)
    Reconcile.objects.update(state=Reconcile.State.DONE)
    SyncState.objects.update(state=SyncState.State.IN_SYNC, there="absent", lease=None, leased_until=None)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE newsletters_contact SET paused_until = '9999-12-31'")


@pytest.fixture(params=external.MAILING)
def there(request: pytest.FixtureRequest, fakes: dict[str, Fake]) -> Iterator[Fake]:
    """Each platform in turn."""
    yield from empty(fakes[request.param])


@pytest.fixture
def brevo(fakes: dict[str, Fake]) -> Iterator[Fake]:
    """One platform, for what doesn't depend on which."""
    yield from empty(fakes["brevo"])
