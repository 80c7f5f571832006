"""Erasing everything about one visitor (promise 09): a week to reconsider, calling it off, or at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client

from accounts.adapter import CONFIRMED_AT
from accounts.models import AuditEvent, Role
from privacy.erasure import engine, ledger
from privacy.models import ErasureRequest
from privacy.services import deadlines
from sites.models import Submission
from sites.services import search
from tests import cast
from tests.erasure_world import Clock, found_anywhere
from webanizr.core import storage, tenancy

AsRole = Callable[[str], AbstractContextManager[Any]]
pytestmark = pytest.mark.django_db(transaction=True)
ERASE = "/inbox/person/erase/"
PERSON = "/inbox/person/?q=vera@example.nl"
ENGLISH = Client(headers={"accept-language": "en-gb"})
VERA = {"q": "vera@example.nl", "of": "", "read": "on"}


@pytest.fixture(autouse=True)
def _own_ledger() -> Iterator[None]:
    storage.delete(*storage.keys(ledger.PREFIX))
    yield
    storage.delete(*storage.keys(ledger.PREFIX))


class World:
    """Alice's website, with two messages of Vera and one of Wim that can be found."""

    def __init__(self, as_role: AsRole) -> None:
        self.as_role = as_role
        self.alice = cast.owner("Alice")
        self.site, _page, self.form = cast.site_of(self.alice)
        self.vera = [self.send("Vera", text) for text in ("Een", "Twee")]
        self.wim = self.send("Wim", "Drie")

    def send(self, name: str, text: str) -> Submission:
        """Let somebody send a message, and index it."""
        address = f"{name.lower()}@example.nl"
        row = cast.send(self.as_role, self.site, self.form, name=name, email=address, message=text)
        with self.as_role("worker"), tenancy.tenant(self.alice.account.pk):
            search.index(Submission.objects.get(id=row.id))
        return row

    def ids(self) -> set[Any]:
        """Return what is still in Alice's inbox."""
        with tenancy.tenant(self.alice.account.pk, user_id=self.alice.user.pk):
            return set(Submission.objects.values_list("id", flat=True))

    def page(self, who: cast.Person, address: str = PERSON) -> str:
        """Return what a page says."""
        return who.client.get(address).content.decode()


def pass_time(as_role: AsRole, clock: Clock, **time_passed: int) -> None:
    with as_role("eraser"):
        clock.moment += timedelta(**time_passed)
        engine.advance(clock=clock)


def test_at_once(as_role: AsRole) -> None:
    world = World(as_role)
    storage.put(f"exports/{world.alice.account.pk}/old.csv", b"vera@example.nl")
    browser = cast.confirmed(world.alice).client
    assert "2 messages of this person" in world.page(world.alice, f"{ERASE}?q=vera@example.nl")
    assert browser.post(ERASE, {"q": "vera@example.nl", "when": "now"}).status_code == 422, "nothing was read"
    answer = browser.post(ERASE, {**VERA, "when": "now"})
    clock = Clock()
    pass_time(as_role, clock)
    assert world.ids() == {world.wim.id}
    pass_time(as_role, clock, hours=25)
    with as_role("eraser"):
        request = ErasureRequest.objects.get(scope="visitor")
        assert request.state == "done", list(request.steps.values("kind", "target", "state", "cause"))
        assert request.chosen == []
    for row in world.vera:
        assert [where for where in found_anywhere(str(row.id)) if where[0] != "privacy_ledgerposition"] == []
    assert list(storage.keys(f"exports/{world.alice.account.pk}/")) == []
    certificate = Client().get(urlsplit(answer.headers["Location"]).path)
    assert certificate.status_code == 200
    assert "vera" not in certificate.content.decode().lower()


def test_a_week_to_reconsider_and_calling_it_off(as_role: AsRole) -> None:
    world = World(as_role)
    bob, rita = cast.colleague("Bob", world.alice, Role.EDITOR), cast.colleague("Rita", world.alice, Role.READER)
    answer = cast.confirmed(world.alice).client.post(ERASE, {**VERA, "when": "week"})
    progress = urlsplit(answer.headers["Location"]).path
    assert "The messages will be erased on" in ENGLISH.get(progress).content.decode()
    clock = Clock()
    pass_time(as_role, clock, days=6, hours=23)
    assert len(world.ids()) == 3, "they stay until it begins"
    for who in (world.alice, bob, rita):
        assert "2 of these messages will be erased on" in world.page(who)
    assert "Call it off" not in world.page(rita)
    with as_role("eraser"):
        request = ErasureRequest.objects.get(scope="visitor")
        assert deadlines.tell_people(now=clock()) == 1, "who asked is reminded"
    call_off = f"{ERASE}{request.id}/call-off/"
    assert rita.client.post(call_off).status_code == 403
    charlie = cast.owner("Charlie")
    assert charlie.client.post(call_off).status_code == 404
    assert cast.confirmed(charlie).client.post(f"{ERASE}{request.id}/now/").status_code == 404
    assert call_off in world.page(bob)
    back = bob.client.post(call_off, {"q": "vera@example.nl", "of": ""}, follow=True)
    assert "It was called off. The messages stay." in back.content.decode()
    assert "will be erased" not in world.page(world.alice)
    assert "Nothing is being erased" in ENGLISH.get(progress).content.decode()
    pass_time(as_role, clock, days=10)
    assert len(world.ids()) == 3
    with tenancy.tenant(world.alice.account.pk, user_id=world.alice.user.pk):
        log = AuditEvent.objects.filter(target_id=request.id).order_by("at").values_list("action", "actor_id")
        assert list(log) == [
            ("visitor.erasure_asked", world.alice.user.pk),
            ("visitor.erasure_withdrawn", bob.user.pk),
        ]


def test_what_comes_meanwhile_is_asked_for_apart_and_waiting_ends_at_once(as_role: AsRole) -> None:
    world = World(as_role)
    browser = cast.confirmed(world.alice).client
    answer = browser.post(ERASE, {**VERA, "when": "week"})
    progress = urlsplit(answer.headers["Location"]).path
    again = browser.get(f"{ERASE}?q=vera@example.nl")
    assert urlsplit(again.headers["Location"]).path == progress, "what goes already isn't asked for twice"
    later = world.send("Vera", "Vier")
    assert "1 message of this person" in world.page(world.alice, f"{ERASE}?q=vera@example.nl")
    with as_role("eraser"):
        request = ErasureRequest.objects.get(scope="visitor")
    now = f"{ERASE}{request.id}/now/"
    assert now in world.page(world.alice)
    assert now in browser.get(progress).content.decode()
    browser.post(now)
    assert "will be erased" in world.page(world.alice), "not without the tick"
    browser.post(now, {"sure": "on"})
    clock = Clock()
    pass_time(as_role, clock)
    assert world.ids() == {world.wim.id, later.id}
    late = browser.post(f"{ERASE}{request.id}/call-off/", {"q": "vera@example.nl"})
    assert urlsplit(late.headers["Location"]).path == progress, "it has begun: the page says how far it is"
    assert world.ids() == {world.wim.id, later.id}


def test_all_of_somebody_who_wrote_very_often(as_role: AsRole, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page lists the newest; what goes is all."""
    world = World(as_role)
    monkeypatch.setattr("sites.selectors.search.person.__kwdefaults__", {"name": "", "most": 1})
    browser = cast.confirmed(world.alice).client
    browser.post(ERASE, {**VERA, "when": "now"})
    pass_time(as_role, Clock())
    assert world.ids() == {world.wim.id}


def test_who_may_not(as_role: AsRole) -> None:
    world = World(as_role)
    rita, charlie = cast.colleague("Rita", world.alice, Role.READER), cast.owner("Charlie")
    assert cast.confirmed(rita).client.get(f"{ERASE}?q=vera@example.nl").status_code == 403
    assert cast.confirmed(charlie).client.get(f"{ERASE}?of={world.vera[0].id}").status_code == 404
    late = world.alice.client.session
    late[CONFIRMED_AT] = 0
    late.save()
    assert "/confirm/" in world.alice.client.post(ERASE, {**VERA, "when": "now"}).headers["Location"]
    with as_role("eraser"):
        assert not ErasureRequest.objects.exists()
