"""Erasing one visitor and one website: what is theirs goes, everywhere, and nothing of anybody else (promise 09)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.adapter import CONFIRMED_AT
from accounts.models import Role
from privacy.datamap import Scope
from privacy.erasure import engine, ledger
from privacy.models import ErasureRequest
from privacy.services.erasure import request_erasure
from sites.models import Form, Site, Submission
from sites.services import search
from tests import cast
from tests.erasure_world import OURS, Clock, Elsewhere, fill, found_anywhere, one_outside
from webanizr.core import storage, tenancy
from webanizr.core.vault import keystore

AsRole = Callable[[str], AbstractContextManager[Any]]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def outside() -> Iterator[Elsewhere]:
    storage.delete(*storage.keys(ledger.PREFIX))
    with one_outside() as system:
        yield system


def confirmed(who: cast.Person) -> Client:
    """Return the person's browser, just after a code was typed."""
    session = who.client.session
    session[CONFIRMED_AT] = int(time.time())
    session.save()
    return who.client


def searchable(as_role: AsRole, account: Any, *rows: Submission) -> None:
    with as_role("worker"), tenancy.tenant(account.pk):
        for row in rows:
            search.index(Submission.objects.get(id=row.id))


def test_a_customer_erases_one_visitor(as_role: AsRole) -> None:
    alice = cast.owner("Alice")
    site, _page, form = cast.site_of(alice)
    vera = [cast.send(as_role, site, form, name="Vera", email="vera@example.nl", message=m) for m in ("Een", "Twee")]
    wim = cast.send(as_role, site, form, name="Wim", email="wim@example.nl", message="Drie")
    searchable(as_role, alice.account, *vera, wim)
    storage.put(f"exports/{alice.account.pk}/old.csv", b"vera@example.nl")
    browser = confirmed(alice)
    page = browser.get("/inbox/person/erase/?q=vera@example.nl")
    assert "2 messages of this person" in page.content.decode()
    answer = browser.post("/inbox/person/erase/", {"q": "vera@example.nl", "of": ""})
    assert answer.status_code == 302
    with as_role("eraser"):
        clock = Clock()
        engine.advance(clock=clock)
        request = ErasureRequest.objects.get(scope="visitor")
        clock.moment += timedelta(hours=25)
        engine.advance(clock=clock)
        request.refresh_from_db()
        assert request.state == "done", list(request.steps.values("kind", "target", "state", "cause"))
        assert request.chosen == []
    with tenancy.tenant(alice.account.pk, user_id=alice.user.pk):
        assert [row.id for row in Submission.objects.all()] == [wim.id]
    for row in vera:
        assert [where for where in found_anywhere(str(row.id)) if where[0] != "privacy_ledgerposition"] == []
    assert list(storage.keys(f"exports/{alice.account.pk}/")) == []
    certificate = Client().get(answer.headers["Location"].removeprefix("http://localhost:8000"))
    assert certificate.status_code == 200
    assert "vera" not in certificate.content.decode().lower()


def test_who_may_not_erase_a_visitor(as_role: AsRole) -> None:
    alice, charlie = cast.owner("Alice"), cast.owner("Charlie")
    rita = cast.colleague("Rita", alice, Role.READER)
    site, _page, form = cast.site_of(alice)
    row = cast.send(as_role, site, form, name="Vera", email="vera@example.nl")
    assert confirmed(rita).get("/inbox/person/erase/?q=vera@example.nl").status_code == 403
    assert confirmed(charlie).get(f"/inbox/person/erase/?of={row.id}").status_code == 404
    late = alice.client.session
    late[CONFIRMED_AT] = 0
    late.save()
    assert "/confirm/" in alice.client.post("/inbox/person/erase/", {"q": "vera@example.nl"}).headers["Location"]
    with as_role("eraser"):
        assert not ErasureRequest.objects.exists()


def test_one_website_goes_and_the_other_stays(as_role: AsRole) -> None:
    alice = cast.owner("Alice")
    fill(alice, as_role)
    fill(alice, as_role)
    with tenancy.tenant(alice.account.pk, user_id=alice.user.pk):
        gone, stays = Site.objects.order_by("created_at")
        keys = {site.id: [str(each) for each in site.keys.values_list("id", flat=True)] for site in (gone, stays)}
        request = request_erasure(
            scope=Scope.SITE,
            subject_id=gone.id,
            account_id=alice.account.pk,
            actor_id=alice.user.pk,
            contact=None,
            now=timezone.now(),
            at_once=True,
        )
    with as_role("eraser"):
        clock = Clock()
        engine.advance(clock=clock)
        clock.moment += timedelta(hours=25)
        engine.advance(clock=clock)
        request.refresh_from_db()
        assert request.state == "done", list(request.steps.values("kind", "target", "state", "cause"))
    assert found_anywhere(str(gone.id), but=(*OURS, "accounts_auditevent")) == [], "but for who did what, by number"
    assert found_anywhere(str(stays.id))
    with tenancy.tenant(alice.account.pk, user_id=alice.user.pk):
        assert Form.objects.count() == 1
        assert Submission.objects.count() == 1
    names = {name.partition("/")[2] for name in keystore.store().names(alice.account.pk)}
    assert not set(keys[gone.id]) & names
    assert set(keys[stays.id]) <= names
