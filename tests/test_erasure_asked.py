"""Asking for an erasure: who may, for whom, and what everybody sees of it while it is reconsidered."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import timedelta
from io import StringIO
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import override_settings
from django.utils import timezone

from accounts.models import Membership, Role
from privacy.datamap import Scope
from privacy.erasure import engine, ledger, plan, steps
from privacy.models import ErasureRequest
from privacy.services.erasure import ErasureError, request_erasure
from sites.models import Domain
from sites.services.publish import PublishError, publish_site, restore_version
from tests import cast
from tests.erasure_world import Clock, Elsewhere, one_outside
from webanizr.core import storage, tenancy, vault
from webanizr.core.models import Mail

AsRole = Callable[[str], AbstractContextManager[Any]]
pytestmark = pytest.mark.django_db(transaction=True)
ASK = {"when": "week", "read": "on"}


@pytest.fixture(autouse=True)
def outside() -> Iterator[Elsewhere]:
    storage.delete(*storage.keys(ledger.PREFIX))
    with one_outside() as system:
        yield system


def also_at(who: cast.Person, account: Any, role: Role) -> cast.Person:
    """Make somebody a member of another account too; return them there."""
    with tenancy.tenant(account.pk, user_id=who.user.pk):
        Membership.objects.create(account=account, user=who.user, role=role)
    return cast.confirmed(cast.signed_in(who.user, account))


def mails_to(who: cast.Person, account: Any, as_role: AsRole) -> list[str]:
    """Return the templates of the mails that wait for somebody, oldest first."""
    with as_role("worker"), tenancy.tenant(account.pk):
        waiting = list(Mail.objects.order_by("created_at"))
        return [
            each.template for each in waiting if vault.unseal_note(each.sealed, purpose="mail")["to"] == who.user.email
        ]


def path_of(answer: Any) -> str:
    return str(urlsplit(answer.headers["Location"]).path)


def test_nobody_leaves_an_account_without_an_owner(as_role: AsRole) -> None:
    alice, charlie = cast.owner("Alice"), cast.owner("Charlie")
    there = also_at(charlie, alice.account, Role.EDITOR)
    page = there.client.get("/settings/erase/").content.decode()
    assert "You are the only owner of this account" in page
    assert charlie.account.name in page
    there.client.post("/settings/erase/", ASK)
    assert not ErasureRequest.objects.filter(subject_id=charlie.user.pk).exists()
    with pytest.raises(ErasureError, match="only_owner"):
        request_erasure(
            scope=Scope.USER, subject_id=charlie.user.pk, account_id=None, actor_id=None, contact=None,
            now=timezone.now(),
        )  # fmt: skip
    # once the account goes too, he may
    mine = cast.confirmed(charlie)
    assert mine.client.post("/settings/erase/", ASK).status_code == 302
    assert "/privacy/wissen/" in there.client.post("/settings/erase/", ASK).headers["Location"]


def test_who_became_the_only_owner_since_waits_with_everything_in_place(as_role: AsRole) -> None:
    alice, charlie = cast.owner("Alice"), cast.owner("Charlie")
    there = also_at(charlie, alice.account, Role.OWNER)
    page = there.client.get("/settings/erase/").content.decode()
    assert "/settings/erase/?only=me" in page
    with tenancy.tenant(charlie.account.pk, user_id=charlie.user.pk):
        Membership.objects.filter(account=charlie.account).delete()
    asked = there.client.post("/settings/erase/?only=me", {"when": "now", "read": "on"})
    with tenancy.tenant(alice.account.pk, user_id=alice.user.pk):
        Membership.objects.filter(user=alice.user).delete()
    clock = Clock()
    with as_role("eraser"):
        engine.advance(clock=clock)
        request = ErasureRequest.objects.get(subject_id=charlie.user.pk)
        first = request.steps.get(stage=plan.LEDGER)
        assert (first.state, first.cause) == ("blocked", "only_owner")
    assert there.client.get("/settings/").status_code == 200, "nothing has happened to him yet"
    page = there.client.get(path_of(asked)).content.decode()
    assert "only owner of an account" in page
    bob = cast.person("Bob")
    with tenancy.tenant(alice.account.pk, user_id=bob.pk):
        Membership.objects.create(account=alice.account, user=bob, role=Role.OWNER)
    with as_role("eraser"):
        clock.moment += timedelta(hours=2)
        engine.advance(clock=clock)
        assert request.steps.get(stage=plan.LEDGER).state == "verified"
    assert there.client.get("/settings/").status_code == 302, "he is gone"


def test_while_it_is_reconsidered_every_page_says_so_and_nothing_goes_online(as_role: AsRole) -> None:
    alice = cast.owner("Alice")
    site, *_rest = cast.site_of(alice)
    bob = also_at(cast.owner("Bob"), alice.account, Role.EDITOR)
    with tenancy.tenant(alice.account.pk, user_id=alice.user.pk):
        version = publish_site(site=site, actor=alice.user)
    progress = path_of(cast.confirmed(alice).client.post("/settings/erase/", ASK))
    for page in ("/", "/settings/"):
        assert progress in alice.client.get(page).content.decode()
        said = bob.client.get(page).content.decode()
        assert "This account is being erased on" in said
        assert progress not in said, "taking it back is for owners and who asked"
    with tenancy.tenant(alice.account.pk, user_id=alice.user.pk):
        with pytest.raises(PublishError, match="look"):
            publish_site(site=site, actor=alice.user)
        with pytest.raises(PublishError):
            restore_version(site=site, version=version, actor=alice.user)
        assert not Domain.objects.filter(version_id__isnull=False).exists()
    answer = bob.client.post(f"/sites/{site.id}/publish/")
    assert (answer.status_code, "about to be erased" in answer.content.decode()) == (422, True)
    before = len(mails_to(bob, alice.account, as_role))
    alice.client.post(f"{progress}terug/")
    assert mails_to(bob, alice.account, as_role)[before:] == ["mail/erasure_withdrawn"], (
        "who was told that it goes hears that it stays"
    )
    assert "is being erased on" not in alice.client.get("/").content.decode()
    with tenancy.tenant(alice.account.pk, user_id=alice.user.pk):
        assert publish_site(site=site, actor=alice.user)


def test_who_was_told_another_day_hears_that_it_begins_now(as_role: AsRole) -> None:
    alice = cast.owner("Alice")
    bob = also_at(cast.owner("Bob"), alice.account, Role.EDITOR)
    progress = path_of(cast.confirmed(alice).client.post("/settings/erase/", ASK))
    shown = alice.client.get(progress).content.decode()
    assert 'name="sure" required' in shown.partition("/settings/erase/now/")[2], "not by a slip of the finger"
    alice.client.post("/settings/erase/now/")
    assert "to reconsider" in alice.client.get(progress).content.decode(), "not without the tick"
    alice.client.post("/settings/erase/now/", {"sure": "on"})
    with as_role("worker"), tenancy.tenant(tenancy.PLATFORM_ACCOUNT):
        waiting = [
            vault.unseal_note(each.sealed, purpose="mail")
            for each in Mail.objects.filter(template="mail/erasure_notice").order_by("created_at")
        ]
    days = [each["context"]["day"] for each in waiting if each["to"] == bob.user.email]
    assert len(days) == len(set(days)) == 2


def test_an_open_page_follows_what_happens(as_role: AsRole) -> None:
    alice = cast.owner("Alice")
    progress = path_of(cast.confirmed(alice).client.post("/settings/erase/", ASK))
    asking = {"hx-request": "true"}
    assert alice.client.get(f"{progress}?phase=waiting", headers=asking).status_code == 200
    alice.client.post(f"{progress}terug/")
    answer = alice.client.get(f"{progress}?phase=waiting", headers=asking)
    assert answer.headers["HX-Refresh"] == "true"
    # who didn't want to wait isn't told that nothing has been erased yet
    now = path_of(cast.confirmed(alice).client.post("/settings/erase/", {"when": "now", "read": "on"}))
    page = alice.client.get(now).content.decode()
    assert "Nothing has been erased yet" not in page
    assert "Your data are being erased" in page


def test_two_browsers_at_once_make_one_request() -> None:
    alice = cast.owner("Alice")

    def ask(_turn: int) -> str:
        try:
            with tenancy.tenant(alice.account.pk, user_id=alice.user.pk):
                request_erasure(
                    scope=Scope.ACCOUNT, subject_id=alice.account.pk, account_id=alice.account.pk,
                    actor_id=alice.user.pk, contact=None, now=timezone.now(),
                )  # fmt: skip
                time.sleep(0.2)  # the other one asks before this one has committed
        except ErasureError as error:
            return str(error)
        finally:
            connection.close()
        return "asked"

    with ThreadPoolExecutor(2) as both:
        assert sorted(both.map(ask, range(2))) == ["already", "asked"]


def test_one_that_fails_does_not_hold_up_another(as_role: AsRole, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = cast.owner("Alice"), cast.owner("Bob")
    for each in (first, second):
        cast.confirmed(each).client.post("/settings/erase/", {"when": "now", "read": "on"})
    real = plan.make_plan

    def broken(request: ErasureRequest) -> plan.Plan:
        if request.subject_id == first.account.pk:
            raise KeyError("a fault of ours")
        return real(request)

    def faulty(*_: Any) -> None:
        raise ZeroDivisionError

    clock = Clock()
    with as_role("eraser"):
        with monkeypatch.context() as patched:
            patched.setattr(plan, "make_plan", broken)
            patched.setitem(steps.ACTS, "caches", faulty)
            engine.advance(clock=clock)
        states = dict(ErasureRequest.objects.values_list("subject_id", "state"))
        assert (states[first.account.pk], states[second.account.pk]) == ("received", "running")
        step = ErasureRequest.objects.get(subject_id=second.account.pk).steps.get(kind="caches")
        assert (step.state, step.cause) == ("blocked", "error")
        clock.moment += timedelta(hours=2)
        engine.advance(clock=clock)
        step.refresh_from_db()
        assert step.state == "verified"
        assert ErasureRequest.objects.get(subject_id=first.account.pk).state == "running"


def test_the_command_says_what_is_wrong(as_role: AsRole) -> None:
    alice = cast.owner("Alice")
    with pytest.raises(CommandError, match="WEBANIZR_SERVICE"):
        call_command("erase")
    with pytest.raises(CommandError, match="WEBANIZR_SERVICE"):
        call_command("replay_erasures")
    bob = also_at(cast.owner("Bob"), alice.account, Role.EDITOR)
    with as_role("eraser"), override_settings(SERVICE="eraser"):
        with pytest.raises(CommandError, match="--now"):
            call_command("erase", "--now")
        with pytest.raises(CommandError, match="only owner"):
            call_command("erase", f"--user={bob.user.pk}", "--now")
        said = StringIO()
        call_command("erase", f"--account={alice.account.pk}", stdout=said)
        assert "cooling_off" in said.getvalue()
        with pytest.raises(CommandError, match="already"):
            call_command("erase", f"--account={alice.account.pk}")
