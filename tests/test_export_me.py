"""Somebody who works in an account takes along what we have of them; nobody fetches somebody else's own export."""

from __future__ import annotations

import io
import json
import uuid
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Membership, Role
from newsletters.services import subscribe
from privacy.datamap import Scope
from privacy.erasure import engine
from privacy.services.erasure import request_erasure
from sites.services import export
from tests import cast
from tests.billing import working
from tests.erasure_world import Clock, Elsewhere, fill, one_outside
from webanizr.core import mail, storage, tenancy
from webanizr.core.models import Job

pytestmark = pytest.mark.django_db(transaction=True)
AsRole = Callable[[str], AbstractContextManager[Any]]


@pytest.fixture(autouse=True)
def outside() -> Iterator[Elsewhere]:
    with one_outside() as system:
        yield system


def ordered(who: cast.Person, address: str, as_role: AsRole) -> Job:
    """Order an export at an address, let the exporter make it and the worker mail; return its job."""
    assert cast.confirmed(who).client.post(address).headers["Location"] == "/consent/data/"
    with tenancy.tenant(who.account.pk, user_id=who.user.pk):
        job = Job.objects.get(kind="export", created_by=who.user.pk)
    assert 'id="export-' in who.client.get("/consent/data/").content.decode()
    with as_role("exporter"):
        export.run_export(who.account.pk, job.id)
    return job


def archive_of(who: cast.Person, job: Job) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(who.client.get(f"/exports/{job.id}/download/").content))


def test_a_member_takes_along_what_we_have_of_them_and_nothing_of_the_account(
    as_role: AsRole, outside: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice = cast.owner("Alice")
    fill(alice, as_role)
    working.profile(alice, name="Zaak van Alice")
    bob = cast.colleague("Bob", alice, Role.READER)
    subscribe.subscribe(address=bob.user.email, topics=["tips"], language="nl", source="page", now=timezone.now())
    outside.holds = {bob.user.email, alice.user.email}
    job = ordered(bob, "/exports/me/", as_role)
    page = bob.client.get("/consent/data/").content.decode()
    assert f"/exports/{job.id}/download/" in page
    archive = archive_of(bob, job)
    account = json.loads(archive.read("account.json"))
    assert [each["email"] for each in account["accounts.User"]] == [bob.user.email]
    assert [each["role"] for each in account["accounts.Membership"]] == ["reader"]
    assert [each["address"] for each in account["newsletters.Contact"]] == [bob.user.email]
    for words in ("Lezer", "Gemaakt op", "ja"):  # a code, a column and a yes, as people say it
        assert f">{words}<" in archive.read("index.html").decode()
    assert bob.user.email in archive.read("account/accounts.User.csv").decode()
    assert json.loads(archive.read("systems-outside.json"))["mailing"] == {"system": "Elsewhere", "data": [{}]}
    whole = b"".join(archive.read(name) for name in archive.namelist())
    for theirs in (alice.user.email, "Zaak van Alice", "vera@example.nl", "Bakkerij Het Hoekje"):
        assert theirs.encode() not in whole
    mails: list[dict[str, Any]] = []
    monkeypatch.setattr(mail, "send", lambda **given: mails.append(given))
    with as_role("worker"), tenancy.tenant(bob.account.pk):
        export.tell_ready(job.id)
    assert [(each["to"], each["template"]) for each in mails] == [(bob.user.email, "mail/export_ready")]


def test_an_own_export_is_nobody_elses_to_see_or_to_make_again(as_role: AsRole) -> None:
    alice = cast.owner("Alice")
    fill(alice, as_role)
    everything = ordered(alice, "/exports/everything/", as_role)
    bob = cast.colleague("Bob", alice, Role.EDITOR)
    rita = cast.colleague("Rita", alice, Role.OWNER)
    for other in (bob, rita):
        assert str(everything.id) not in other.client.get("/exports/").content.decode()
        assert other.client.get(f"/exports/{everything.id}/").status_code == 404
        assert other.client.get(f"/exports/{everything.id}/download/").status_code == 404
        assert other.client.post(f"/exports/{everything.id}/retry/").status_code == 404
        assert other.client.get(f"/api/v1/exports/{everything.id}/download/").status_code == 404
    assert alice.client.get(f"/exports/{everything.id}/download/").status_code == 200
    with tenancy.tenant(alice.account.pk):
        Membership.objects.filter(user=alice.user).update(role=Role.READER)
    assert alice.client.get(f"/exports/{everything.id}/download/").status_code == 404


def test_an_account_without_a_website_can_export_too(as_role: AsRole) -> None:
    charlie = cast.owner("Charlie")
    archive = archive_of(charlie, ordered(charlie, "/exports/everything/", as_role))
    assert charlie.user.email in archive.read("index.html").decode()


def test_an_own_export_goes_with_the_person(as_role: AsRole) -> None:
    alice = cast.owner("Alice")
    bob = cast.colleague("Bob", alice, Role.EDITOR)
    ordered(bob, "/exports/me/", as_role)
    assert list(storage.keys(f"exports/{bob.user.pk}/"))
    with tenancy.tenant(alice.account.pk, user_id=bob.user.pk):
        request_erasure(
            scope=Scope.USER,
            subject_id=bob.user.pk,
            account_id=alice.account.pk,
            actor_id=bob.user.pk,
            contact=None,
            now=timezone.now(),
            at_once=True,
            submissions=list[uuid.UUID](),
        )
    with as_role("eraser"):
        engine.advance(clock=Clock())
    assert list(storage.keys(f"exports/{bob.user.pk}/")) == []
