"""The erasure engine under real faults: what comes in the middle, what is away, what lies, and two at once."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from django.utils import timezone
from redis.exceptions import RedisError

from accounts.models import AuditEvent, Role
from privacy.datamap import Scope
from privacy.erasure import engine, ledger, plan, rows
from privacy.models import ErasureRequest
from privacy.services.erasure import request_erasure
from sites.hosting import versions
from sites.models import Domain, Site, SiteKey
from sites.services.publish import PublishError, publish_site
from tests import cast
from tests.erasure_world import OURS, Clock, Elsewhere, fill, found_anywhere, in_storage, one_outside
from tests.visitors import Visitor
from webanizr.core import ratelimit, storage, tenancy
from webanizr.core.vault import keystore
from webanizr.local import testing

AsRole = Callable[[str], AbstractContextManager[Any]]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def outside() -> Iterator[Elsewhere]:
    storage.delete(*storage.keys(ledger.PREFIX))
    with one_outside() as system:
        yield system
    storage.delete(*storage.keys(ledger.PREFIX))


def ask(who: cast.Person, scope: Scope, subject_id: uuid.UUID, *, at_once: bool = True, **more: Any) -> ErasureRequest:
    account_id = None if scope is Scope.USER else who.account.pk
    with tenancy.tenant(who.account.pk, user_id=who.user.pk):
        return request_erasure(
            scope=scope,
            subject_id=subject_id,
            account_id=account_id,
            actor_id=who.user.pk,
            contact=None,
            now=timezone.now(),
            at_once=at_once,
            **more,
        )


def finish(request: ErasureRequest, clock: Clock) -> None:
    """Let days pass until the request is done; as the eraser."""
    for _ in range(40):
        engine.advance(clock=clock)
        request.refresh_from_db()
        if request.state == "done":
            return
        clock.moment += timedelta(hours=3)
    raise AssertionError(list(request.steps.exclude(state__in=["verified", "retained"]).values_list("target", "cause")))


def before_the_turn_of(label: str, happens: Callable[[], None]) -> Any:
    """Let something happen once, just before rows of this table are deleted."""
    waiting = [happens]
    erase_batch = rows.erase_batch

    def watched(search: rows.Search, **kwargs: Any) -> int:
        if search.model._meta.label == label and waiting:
            waiting.pop()()
        return erase_batch(search, **kwargs)

    return mock.patch.object(rows, "erase_batch", watched)


@pytest.mark.parametrize("scope", [Scope.ACCOUNT, Scope.SITE])
@pytest.mark.parametrize("sent_before", [True, False])
def test_a_message_with_a_file_comes_when_those_before_it_have_gone(
    as_role: AsRole, scope: Scope, sent_before: bool
) -> None:
    """Its table has had its turn, or has none in the plan at all; the form that it belongs to can't go before it."""
    alice = cast.owner("Alice")
    site, _page, form = cast.site_of(alice)
    if sent_before:
        cast.send(as_role, site, form, name="Vera", email="vera@example.nl", message="Eerder")
    file_key = f"uploads/{alice.account.pk}/"

    def late() -> None:
        row = cast.send(as_role, site, form, name="Late Vera", email="late-vera@example.nl", message="Nog iets")
        with as_role("worker"), tenancy.tenant(alice.account.pk):
            upload = row.uploads.create(site=site, intake_key=row.intake_key, size=9)
        storage.put(f"{file_key}{upload.id}", b"late file")

    request = ask(alice, scope, alice.account.pk if scope is Scope.ACCOUNT else site.id)
    clock = Clock()
    with as_role("eraser"), before_the_turn_of("sites.Form", late):
        engine.advance(clock=clock)
        finish(request, clock)
    assert found_anywhere(str(form.id), but=(*OURS, "accounts_auditevent")) == []
    assert list(storage.keys(file_key)) == []
    with as_role("eraser"):
        assert "late_rows:" in str(request.steps.get(target="sites.Form").evidence), "the fault happened"


def test_a_row_that_comes_to_a_table_without_a_turn_is_found_the_next_day(as_role: AsRole) -> None:
    alice = cast.owner("Alice")
    bob = cast.colleague("Bob", alice, Role.EDITOR)
    request = ask(bob, Scope.USER, bob.user.pk)
    clock = Clock()
    with as_role("eraser"):
        engine.advance(clock=clock)
        assert not request.steps.filter(target="accounts.AuditEvent").exists()
    with tenancy.tenant(alice.account.pk, user_id=alice.user.pk):
        AuditEvent.objects.create(action="late", actor_id=bob.user.pk)
    with as_role("eraser"):
        clock.moment += timedelta(hours=25)
        engine.advance(clock=clock)
        request.refresh_from_db()
        assert request.state == "running", "and it is looked at once more, a day later"
        finish(request, clock)
    assert found_anywhere(str(bob.user.pk)) == []
    with tenancy.tenant(alice.account.pk, user_id=alice.user.pk):
        assert AuditEvent.objects.get(action="late").actor_id != bob.user.pk


def test_the_key_of_a_website_goes_although_its_store_was_away_while_its_row_went(as_role: AsRole) -> None:
    alice = cast.owner("Alice")
    fill(alice, as_role)
    with tenancy.tenant(alice.account.pk, user_id=alice.user.pk):
        site = Site.objects.get()
        pairs = {f"{alice.account.pk}/{key}" for key in SiteKey.objects.values_list("id", flat=True)}
    assert pairs <= set(keystore.store().names(alice.account.pk))
    request = ask(alice, Scope.SITE, site.id)
    clock = Clock()
    with as_role("eraser"):
        with mock.patch.object(type(keystore.store()), "delete", side_effect=OSError("away")):
            engine.advance(clock=clock)
        assert request.steps.get(target="sites.SiteKey").state == "verified"
        assert request.steps.get(kind="keys").state == "retry"
        finish(request, clock)
    assert pairs & set(keystore.store().names(alice.account.pk)) == set()


def test_a_key_that_comes_back_is_destroyed_again(as_role: AsRole) -> None:
    alice = cast.owner("Alice")
    fill(alice, as_role)
    request = ask(alice, Scope.ACCOUNT, alice.account.pk)
    clock = Clock()
    with as_role("eraser"):
        engine.advance(clock=clock)
        keystore.store().put(f"{alice.account.pk}/{uuid.uuid4()}", b"wrapped")
        finish(request, clock)
        assert request.steps.count() == 0 or request.steps.get(kind="keys").reopened == 1
    assert list(keystore.store().names(alice.account.pk)) == []


def test_an_export_that_was_running_leaves_no_file(as_role: AsRole) -> None:
    alice = cast.owner("Alice")
    request = ask(alice, Scope.ACCOUNT, alice.account.pk)
    clock = Clock()
    key = f"exports/{alice.account.pk}/late.zip"
    with as_role("eraser"), before_the_turn_of("accounts.User", lambda: storage.put(key, alice.user.email.encode())):
        engine.advance(clock=clock)
        assert list(storage.keys(key)) == [key]
        finish(request, clock)
    assert in_storage([alice.user.email]) == []


def test_a_store_that_says_it_deleted_and_did_not_ends_no_step(as_role: AsRole) -> None:
    alice = cast.owner("Alice")
    fill(alice, as_role)
    request = ask(alice, Scope.ACCOUNT, alice.account.pk)
    clock = Clock()
    with as_role("eraser"):
        with mock.patch.object(storage, "delete_versions") as lying:
            engine.advance(clock=clock)
        assert lying.call_count < 20
        assert request.steps.get(target=f"assets/{alice.account.pk}/").cause == "files_return"
        finish(request, clock)
    assert list(storage.keys(f"assets/{alice.account.pk}/")) == []


def test_one_request_that_can_not_be_planned_holds_up_no_other(as_role: AsRole) -> None:
    alice, charlie = cast.owner("Alice"), cast.owner("Charlie")
    poor, well = (ask(who, Scope.ACCOUNT, who.account.pk) for who in (alice, charlie))
    make_plan = plan.make_plan

    def failing(request: ErasureRequest) -> Any:
        if request.id == poor.id:
            raise ValueError("a bug")
        return make_plan(request)

    clock = Clock()
    with as_role("eraser"):
        with mock.patch.object(plan, "make_plan", failing):
            finish(well, clock)
        poor.refresh_from_db()
        assert poor.state == "received"
        finish(poor, clock)


def test_an_error_that_nobody_expected_is_a_pause_of_that_step_alone(as_role: AsRole, outside: Elsewhere) -> None:
    alice = cast.owner("Alice")
    outside.holds = {alice.user.email}
    outside.next = [ValueError("not what the connector expected")]
    request = ask(alice, Scope.ACCOUNT, alice.account.pk)
    clock = Clock()
    with as_role("eraser"):
        engine.advance(clock=clock)
        step = request.steps.get(kind="system")
        assert (step.state, step.cause) == ("blocked", "error")
        assert request.steps.get(target="accounts.User").state == "verified"
        finish(request, clock)
    assert outside.holds == set()


def test_page_views_that_wait_keep_the_erasure_open_while_redis_is_away(as_role: AsRole) -> None:
    alice = cast.owner("Alice")
    request = ask(alice, Scope.ACCOUNT, alice.account.pk)
    clock = Clock()
    with as_role("eraser"):
        with mock.patch.object(ratelimit, "connection", side_effect=RedisError):
            engine.advance(clock=clock)
        assert request.steps.get(kind="caches").state == "retry"
        finish(request, clock)


def test_an_account_and_its_member_at_once(as_role: AsRole, outside: Elsewhere) -> None:
    alice = cast.owner("Alice")
    bob = cast.colleague("Bob", alice, Role.EDITOR)
    fill(alice, as_role)
    outside.holds = {alice.user.email, bob.user.email}
    both = ask(alice, Scope.ACCOUNT, alice.account.pk), ask(bob, Scope.USER, bob.user.pk)
    clock = Clock()
    with as_role("eraser"):
        while engine.advance(clock=clock, limit=1):
            for request in both:  # a step of the one, a step of the other
                engine.advance(clock=clock, limit=1, only=request.id)
        for request in both:
            finish(request, clock)
            assert request.certificate is not None
    assert found_anywhere(bob.user.email) == []
    assert outside.holds == set()


def test_a_website_that_is_to_be_erased_takes_nothing_and_stays_off_the_air(
    as_role: AsRole, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(versions.versions, "_pointers", {})
    alice = cast.owner("Alice")
    site, _page, form = cast.site_of(alice)
    with tenancy.tenant(alice.account.pk, user_id=alice.user.pk):
        version = publish_site(site=site, actor=alice.user)
        host = Domain.objects.get(site_id=site.id).host
    vera = Visitor(f"{host}:8001", str(form.id), as_role)
    assert vera.ask("/")[0] == 200
    solved = vera.solved(name="Vera", email="vera@example.nl", message="Dag")
    ask(alice, Scope.SITE, site.id, at_once=False)
    monkeypatch.setattr(versions.versions, "_pointers", {})  # a second later
    assert vera.ask("/")[0] in (404, 410, 503)
    assert vera.post(solved)[0] in (404, 410, 503)
    with tenancy.tenant(alice.account.pk, user_id=alice.user.pk), pytest.raises(PublishError) as refused:
        publish_site(site=site, actor=alice.user)
    assert refused.value.problems
    alice.client.post(f"/sites/{site.id}/versions/{version.id}/restore/")
    assert vera.ask("/")[0] in (404, 410, 503)


def test_an_erasure_by_hand_takes_the_website_off_the_air_before_anything_goes(as_role: AsRole) -> None:
    alice = cast.owner("Alice")
    site, _page, _form = cast.site_of(alice)
    with tenancy.tenant(alice.account.pk, user_id=alice.user.pk):
        publish_site(site=site, actor=alice.user)
    request = ask(alice, Scope.ACCOUNT, alice.account.pk, pause=False)
    with as_role("eraser"):
        clock = Clock()
        while not request.steps.filter(kind="stop", state="verified").exists():
            assert engine.advance(clock=clock, limit=1)
    with tenancy.tenant(alice.account.pk, user_id=alice.user.pk):
        assert Domain.objects.get(site_id=site.id).version_id is None


def test_a_website_with_more_files_than_steps_can_be_counted(as_role: AsRole) -> None:
    alice = cast.owner("Alice")
    site, _page, form = cast.site_of(alice)
    row = cast.send(as_role, site, form, name="Vera", email="vera@example.nl", message="Met bijlagen")
    with closing(testing.administrator()) as connection, connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO sites_upload (id, account_id, site_id, submission_id, intake_key_id, size, created_at)"
            " SELECT gen_random_uuid(), %s, %s, %s, %s, 1, now() FROM generate_series(1, 33000) RETURNING id",
            [str(each) for each in (alice.account.pk, site.id, row.id, row.intake_key_id)],
        )
        ids = [each[0] for each in cursor.fetchall()]
    mine, other = f"uploads/{alice.account.pk}/{ids[-1]}", f"uploads/{alice.account.pk}/{uuid.uuid4()}"
    for key in (mine, other):
        storage.put(key, b"sealed")
    request = ask(alice, Scope.SITE, site.id)
    clock = Clock()
    with as_role("eraser"):
        finish(request, clock)
        assert request.step_count < 100
    assert list(storage.keys(f"uploads/{alice.account.pk}/")) == [other], "another website's file stays"
