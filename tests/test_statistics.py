"""Counting page views: only of our own pages, only of who is signed in and said neither no nor Do Not Track, once."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
import redis
from django.test import Client
from django.utils import timezone
from redis.backoff import NoBackoff
from redis.retry import Retry

from privacy import health, statistics
from privacy.connectors.base import Identity
from privacy.connectors.matomo import Hit, Matomo, pseudonyms
from privacy.datamap import Scope
from privacy.erasure import engine
from privacy.services.erasure import request_erasure
from tests import cast, external
from tests.fakes import matomo
from tests.fakes.server import Fake, running
from tests.staff import use_key
from webanizr.core import ratelimit, tenancy
from webanizr.local.place import free_port

pytestmark = pytest.mark.django_db(transaction=True)

Role = Callable[[str], AbstractContextManager[Any]]


@pytest.fixture
def counter() -> Iterator[Fake]:
    with running(matomo.Matomo) as fake, external.configured(fake):
        yield fake


def waiting() -> list[Any]:
    return [json.loads(each) for each in ratelimit.connection().lrange(statistics.BUFFER, 0, -1)]


def visits(fake: Fake, person_id: uuid.UUID) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = fake.act("visits", {"uid": pseudonyms(person_id)[0]})
    return found


def send(fake: Fake, as_role: Role) -> int:
    with as_role("worker"), external.configured(fake):
        return statistics.send()


def test_a_page_view_goes_out_with_a_pseudonym_and_an_address_and_nothing_else(counter: Fake, as_role: Role) -> None:
    alice = cast.owner("Alice")
    alice.client.get("/exports/?about=vera@voorbeeld.nl", REMOTE_ADDR="203.0.113.9")
    site, _page, _form = cast.site_of(alice)
    alice.client.get(f"/sites/{site.id}/", follow=True, REMOTE_ADDR="203.0.113.9")
    assert send(counter, as_role) == 2
    (inbox, other) = visits(counter, alice.user.pk)
    assert inbox["fields"] == ["cdt", "cip", "uid", "url"]
    assert inbox["url"].endswith("/exports/")
    assert "-/" in other["url"]
    assert inbox["visitIp"] == "203.0.0.0"  # as Matomo keeps it
    everything = json.dumps([dict(each) for each in counter.log])
    for secret in (str(site.id), str(alice.user.pk), alice.user.email, "vera@", "Alice", str(alice.account.pk)):
        assert secret not in everything
    assert waiting() == []


@pytest.mark.parametrize("asks", [{"dnt": "1"}, {"sec-gpc": "1"}, {"hx-request": "true"}])
def test_who_asks_not_to_be_followed_isnt(counter: Fake, asks: dict[str, str]) -> None:
    alice = cast.owner("Alice")
    alice.client.get("/inbox/", headers=asks)
    assert waiting() == []


def test_nobody_else_is_counted(counter: Fake, as_role: Role) -> None:
    Client().get("/login/")
    alice = cast.owner("Alice")
    alice.client.get("/no-such-page/")
    alice.client.post("/settings/", {"form": "profile", "profile-name": ""})
    alice.client.get("/")  # a redirect, or the dashboard
    assert {hit[2] for hit in waiting()} <= {"/"}
    site, _page, _form = cast.site_of(alice)
    with as_role("hosting"), external.configured(counter):
        Client().get("/", headers={"host": f"{site.id}.localhost"})
    assert {hit[2] for hit in waiting()} <= {"/"}


def test_a_no_counts_from_the_next_moment(counter: Fake, as_role: Role) -> None:
    alice = cast.owner("Alice")
    alice.client.get("/inbox/")
    page = alice.client.post("/privacy/shared/statistics/", {"count": "no"}, follow=True).content.decode()
    assert "You aren&#x27;t counted" in page or "You aren't counted" in page
    alice.client.get("/inbox/")
    assert send(counter, as_role) == 0
    assert visits(counter, alice.user.pk) == []
    alice.client.post("/privacy/shared/statistics/", {"count": "yes"})
    alice.client.get("/inbox/")
    assert send(counter, as_role) >= 1


@pytest.mark.parametrize("fault", ["timeout_after", "drop", "500", "cut", "garbage"])
def test_what_may_have_been_counted_is_never_sent_again(counter: Fake, as_role: Role, fault: str) -> None:
    alice = cast.owner("Alice")
    alice.client.get("/inbox/")
    counter.fail(fault)
    assert send(counter, as_role) == 0
    assert waiting() == []
    send(counter, as_role)
    assert len(visits(counter, alice.user.pk)) <= 1


@pytest.mark.parametrize("fault", ["429", "503"])
def test_what_was_refused_is_sent_later_once(counter: Fake, as_role: Role, fault: str) -> None:
    alice = cast.owner("Alice")
    alice.client.get("/inbox/")
    counter.fail(fault, retry_after="0")
    assert send(counter, as_role) == 0
    assert len(waiting()) == 1
    for key in ratelimit.connection().scan_iter("rate:*"):
        ratelimit.connection().delete(key)
    assert send(counter, as_role) == 1
    assert len(visits(counter, alice.user.pk)) == 1


def test_one_who_is_gone_or_what_is_old_isnt_sent(counter: Fake) -> None:
    alice = cast.owner("Alice")
    now = timezone.now()
    fresh, old = (Hit(alice.user.pk, "203.0.113.9", "/", now - timedelta(seconds=age)) for age in (1, 3700))
    stranger = Hit(uuid.uuid4(), "203.0.113.9", "/", now)
    assert statistics.allowed([fresh, old, stranger], now=now) == [fresh]


def test_what_waits_brings_nobody_back_who_is_being_erased(counter: Fake, as_role: Role) -> None:
    alice, bob = cast.owner("Alice"), cast.owner("Bob")
    for person in (alice, bob):
        person.client.get("/exports/")
    with tenancy.tenant(alice.account.pk, user_id=alice.user.pk):
        request_erasure(
            scope=Scope.ACCOUNT,
            subject_id=alice.account.pk,
            account_id=alice.account.pk,
            actor_id=alice.user.pk,
            contact=None,
            now=timezone.now() - timedelta(seconds=1),
            at_once=True,
        )
    with as_role("eraser"), external.configured(counter):
        engine.advance(limit=2)  # the ledger, and stopping: her row is still there
    assert [each[0] for each in waiting()] == [str(bob.user.pk)]
    ratelimit.connection().rpush(statistics.BUFFER, json.dumps([str(alice.user.pk), "203.0.113.9", "/", 10**10]))
    assert send(counter, as_role) == 1, "what comes after that is not sent either"
    assert visits(counter, alice.user.pk) == []


def test_pages_come_without_redis_too(counter: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    alice = cast.owner("Alice")
    nowhere = redis.Redis(host="127.0.0.1", port=free_port(), retry=Retry(NoBackoff(), 0))
    monkeypatch.setattr(ratelimit, "connection", lambda: nowhere)
    monkeypatch.setattr(statistics, "_away_until", 0.0)
    assert alice.client.get("/inbox/").status_code == 200
    assert statistics._away_until > 0


def test_more_visits_than_are_found_at_once_are_all_erased(counter: Fake, as_role: Role) -> None:
    person_id = uuid.uuid4()
    for _ in range(2 * matomo.LIMIT + 5):
        counter.store.put(  # as if tracked over a year
            "visits",
            str(number := counter.store.number("visit")),
            {"idVisit": number, "idSite": 1, "userId": pseudonyms(person_id)[0]},
        )
    with as_role("worker"), external.configured(counter):
        connector = Matomo()
        (place,) = connector.locate(Identity(person_id))
        assert connector.erase(place).ok
        assert connector.verify_absent(Identity(person_id)).absent
    assert visits(counter, person_id) == []


def test_the_switched_off_visits_log_blocks_erasing_and_says_so(counter: Fake, as_role: Role) -> None:
    person_id = uuid.uuid4()
    counter.fail("visits_log_off", times=9)
    with as_role("worker"), external.configured(counter):
        verdict = Matomo().verify_absent(Identity(person_id))
        assert not verdict.absent
        assert verdict.evidence == ("matomo_refused",)


def test_staff_see_how_the_external_systems_are_doing(
    counter: Fake, as_role: Role, role_connection: Callable[[str], Any]
) -> None:
    sam = cast.person("Sam")
    with role_connection("migrator") as connection, connection.cursor() as cursor:
        cursor.execute("SET LOCAL row_security = on")
        cursor.execute("SELECT staff_set(%s, %s, %s, true)", [sam.email, "Sam", "support"])
    browser = Client(headers={"accept-language": "en-gb"})
    with as_role("worker"), external.configured(counter):
        health.check()
    with as_role("staff"), external.configured(counter):
        use_key(browser, sam)
        page = browser.get("/admin/system/").content.decode()
        assert "Matomo" in page
        assert "works" in page
        assert "switched off: what needs it is blocked" in page  # no mailing platform in this test
        assert "b" * 32 not in page
    counter.fail("503")
    with as_role("worker"), external.configured(counter):
        health.check()
    with as_role("staff"), external.configured(counter):
        use_key(browser, sam)
        page = browser.get("/admin/system/").content.decode()
        assert "doesn&#x27;t answer" in page or "doesn't answer" in page
        assert "http_503" in page
