"""The erasure engine under the eraser's own login: plan, order, verification, restarts, reappearance, certificate."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any
from unittest import mock

import pytest
from django.db import OperationalError
from django.utils import timezone

from accounts.models import Role
from privacy.connectors.base import CannotAnswer, Outcome, Presence, Result, Verdict
from privacy.datamap import Scope
from privacy.erasure import certificate, engine, ledger, rows
from privacy.models import ErasureRequest, ErasureSecret, ErasureStep
from privacy.selectors.board import Card, board
from privacy.services.erasure import ErasureError, request_erasure, withdraw
from sites.services.sites import create_site
from tests import cast
from tests.erasure_world import Clock, Elsewhere, everything, fill, found_anywhere, one_outside
from webanizr.core import storage, tenancy

AsRole = Callable[[str], AbstractContextManager[Any]]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _own_ledger() -> None:
    """Each test has a database of its own; the ledger outlives it, as it should."""
    storage.delete(*storage.keys(ledger.PREFIX))


@pytest.fixture
def outside() -> Any:
    with one_outside() as system:
        yield system


def ask(who: cast.Person, scope: Scope = Scope.ACCOUNT, **kwargs: Any) -> ErasureRequest:
    subject = who.account.pk if scope is Scope.ACCOUNT else who.user.pk
    contact = {"name": who.user.name, "email": who.user.email, "language": "nl"}
    account = who.account.pk if scope is not Scope.USER else None
    with tenancy.tenant(who.account.pk, user_id=who.user.pk):
        return request_erasure(
            scope=kwargs.pop("scope", scope),
            subject_id=kwargs.pop("subject_id", subject),
            account_id=account,
            actor_id=who.user.pk,
            contact=contact,
            now=timezone.now(),
            **kwargs,
        )


def run(request: ErasureRequest, clock: Clock, *, days: int = 3) -> ErasureRequest:
    """Let time pass in the eraser's world until the request is done or the days are over."""
    end = clock() + timedelta(days=days)
    while clock() < end:
        engine.advance(clock=clock, only=request.id)
        request.refresh_from_db()
        if request.state == "done":
            break
        clock.moment += timedelta(minutes=30)
    return request


def test_an_account_goes_with_everybody_who_is_only_there(as_role: AsRole, outside: Elsewhere) -> None:
    alice, charlie = cast.owner("Alice"), cast.owner("Charlie")
    bob = cast.colleague("Bob", alice, Role.EDITOR)
    fill(alice, as_role)
    fill(charlie, as_role)
    outside.holds = {alice.user.email, charlie.user.email}
    request = ask(alice, at_once=True)
    clock = Clock()
    with as_role("eraser"):
        run(request, clock)
    assert request.state == "done", list(request.steps.values("kind", "target", "state", "cause"))
    for private in (alice.user.email, alice.user.name, bob.user.email, str(alice.account.pk)):
        assert found_anywhere(private) == [], private
    assert found_anywhere(charlie.user.email), "somebody else's data stays"
    assert outside.holds == {charlie.user.email}
    assert list(storage.keys(f"assets/{alice.account.pk}/")) == []
    assert list(storage.keys(f"assets/{charlie.account.pk}/"))
    assert request.certificate is not None
    assert certificate.is_valid(request.certificate, request.signature)
    assert not certificate.is_valid(request.certificate | {"reference": "W-OTHER"}, request.signature)
    assert {line["result"] for line in request.certificate["steps"]} <= {"verified", "retained"}


def test_a_colleague_leaves_and_the_account_stays(as_role: AsRole, outside: Elsewhere) -> None:
    alice = cast.owner("Alice")
    bob = cast.colleague("Bob", alice, Role.EDITOR)
    fill(alice, as_role)
    with tenancy.tenant(alice.account.pk, user_id=bob.user.pk):
        create_site(kind="shop", name="Bakkerij van Bob", place="Delft", actor=bob.user)
    request = ask(bob, Scope.USER, at_once=True)
    with as_role("eraser"):
        run(request, Clock())
    assert request.state == "done"
    assert found_anywhere(bob.user.email) == []
    assert found_anywhere(str(bob.user.pk), but=("privacy_erasurerequest", "privacy_erasurestep")) == []
    assert found_anywhere(alice.user.email)
    assert found_anywhere("Bakkerij van Bob"), "what he made belongs to the account"


def test_seven_days_to_reconsider(as_role: AsRole, outside: Elsewhere) -> None:
    alice = cast.owner("Alice")
    fill(alice, as_role)
    request = ask(alice)
    with pytest.raises(ErasureError):
        ask(alice)
    clock = Clock()
    with as_role("eraser"):
        engine.advance(clock=clock)
        request.refresh_from_db()
        assert request.state == "cooling_off"
        assert {step.state for step in request.steps.all()} == {"pending"}
        clock.moment += timedelta(days=6, hours=23)
        assert engine.advance(clock=clock) == 0
    with tenancy.tenant(alice.account.pk, user_id=alice.user.pk):
        withdraw(request=request)
    with as_role("eraser"):
        clock.moment += timedelta(days=2)
        assert engine.advance(clock=clock) == 0
        assert not ErasureSecret.objects.exists(), "addresses of who took it back aren't kept"
        assert not request.steps.exists()
    with tenancy.tenant(alice.account.pk, user_id=alice.user.pk), pytest.raises(ErasureError):
        withdraw(request=request)
    assert found_anywhere(alice.user.email)


def test_a_system_that_is_off_blocks_and_is_never_skipped(as_role: AsRole, outside: Elsewhere) -> None:
    alice = cast.owner("Alice")
    outside.holds = {alice.user.email}
    outside.next = [CannotAnswer("not_configured")]
    request = ask(alice, at_once=True)
    clock = Clock()
    with as_role("eraser"):
        engine.advance(clock=clock)
        step = request.steps.get(kind="system")
        assert (step.state, step.cause) == ("blocked", "not_configured")
        assert request.steps.get(target="accounts.User").state == "verified", "what doesn't depend on it goes on"
        run(request, clock, days=2)
        assert request.state == "done", "it went on by itself once the system was back"
    assert outside.holds == set()


@pytest.mark.parametrize("wait", ["retry", "unknown"])
def test_not_knowing_is_not_being_gone(as_role: AsRole, outside: Elsewhere, wait: str) -> None:
    alice = cast.owner("Alice")
    outside.holds = {alice.user.email}
    request = ask(alice, at_once=True)
    unknown = Verdict(Presence.UNKNOWN, ("http_500",))
    with as_role("eraser"):
        if wait == "unknown":
            with mock.patch.object(Elsewhere, "verify_absent", return_value=unknown):
                engine.advance(clock=Clock())
        else:
            with mock.patch.object(Elsewhere, "erase", return_value=Outcome(Result.RETRY, after=90, cause="http_429")):
                engine.advance(clock=Clock())
        step = request.steps.get(kind="system")
        assert step.state in ("submitted", "retry")
        assert step.due_at > timezone.now()
        run(request, Clock())
        assert request.state == "done"


def test_somebody_who_comes_back_is_erased_again(as_role: AsRole, outside: Elsewhere) -> None:
    alice = cast.owner("Alice")
    outside.holds = {alice.user.email}
    request = ask(alice, at_once=True)
    clock = Clock()
    with as_role("eraser"):
        engine.advance(clock=clock)
        assert request.steps.get(kind="recheck").state == "submitted"
        outside.holds = {alice.user.email}  # an old list was imported there
        clock.moment += timedelta(hours=25)
        run(request, clock)
        step = request.steps.get(kind="system")
        assert step.reopened == 1
        assert request.state == "done"
    assert outside.holds == set()
    assert request.certificate is not None
    assert [line["came_back"] for line in request.certificate["steps"] if line["what"] == "system"] == [1]


def test_a_worker_killed_at_any_step_loses_and_doubles_nothing(as_role: AsRole, outside: Elsewhere) -> None:
    """A killed worker leaves a lease behind: after it ran out the step is done again."""
    alice = cast.owner("Alice")
    fill(alice, as_role)
    outside.holds = {alice.user.email}
    request = ask(alice, at_once=True)
    clock = Clock()
    killed: set[uuid.UUID] = set()
    acting = engine._act

    def dying(step: ErasureStep, *args: Any) -> Any:
        report = acting(step, *args)
        if step.id not in killed:
            killed.add(step.id)
            raise KeyboardInterrupt  # after the act, before it was written down
        return report

    with as_role("eraser"), mock.patch.object(engine, "_act", dying):
        for _ in range(400):
            try:
                engine.advance(clock=clock)
            except KeyboardInterrupt:
                clock.moment += timedelta(seconds=1)
                assert engine.claim(now=clock()) is None or True
            clock.moment += timedelta(minutes=31)
            request.refresh_from_db()
            if request.state == "done":
                break
        assert request.state == "done"
        assert len(killed) >= 20
    assert found_anywhere(alice.user.email) == []
    assert ledger.head() == 1, "one line, however often the step was repeated"


def test_a_database_error_is_a_pause(as_role: AsRole, outside: Elsewhere) -> None:
    alice = cast.owner("Alice")
    request = ask(alice, at_once=True)
    clock = Clock()
    with as_role("eraser"):
        with mock.patch.object(rows, "erase_batch", side_effect=OperationalError):
            engine.advance(clock=clock)
        assert request.steps.filter(state="retry", cause="OperationalError").exists()
        run(request, clock)
        assert request.state == "done"


def test_a_step_that_vanished_stops_the_erasure(as_role: AsRole, outside: Elsewhere) -> None:
    alice = cast.owner("Alice")
    request = ask(alice, at_once=True)
    clock = Clock()
    with as_role("eraser"):
        engine.prepare(now=clock())
        engine.prepare(now=clock())
        request.steps.filter(kind="system").delete()
        assert engine.advance(clock=clock) == 0
        request.refresh_from_db()
        assert request.state == "running", "never reported as done"


@pytest.mark.parametrize("a_second", [100, 900, 2000, 60_000, 500_000])
def test_no_batch_lasts_a_second_however_slow_the_table(a_second: int) -> None:
    size, sizes = rows.FIRST, []
    for _ in range(12):
        sizes.append(size)
        size = rows.next_size(size, size / a_second)
    assert all(each / a_second < 1 for each in sizes[3:]), sizes
    assert (sizes[-1] == rows.BATCH) == (a_second >= 60_000), sizes


def test_what_names_somebody_is_sealed_and_goes(as_role: AsRole, outside: Elsewhere) -> None:
    alice = cast.owner("Alice")
    request = ask(alice)
    with pytest.raises(Exception, match="permission denied"):
        ErasureSecret.objects.first()
    with as_role("eraser"):
        secret = ErasureSecret.objects.get(request=request)
        assert alice.user.email.encode() not in bytes(secret.sealed)
    with as_role("staff"), pytest.raises(Exception, match="permission denied"):
        ErasureSecret.objects.first()


def test_a_sealed_address_and_a_restored_backup(as_role: AsRole, outside: Elsewhere) -> None:
    """While the ledger is ahead of the database nothing is erased and nobody outside is asked."""
    alice = cast.owner("Alice")
    request = ask(alice, at_once=True)
    storage.put("ledger/erasures/0000000007.json", b'{"request": "x", "subject": {}}')
    try:
        with as_role("eraser"), pytest.raises(engine.Stopped):
            engine.advance(clock=Clock())
        assert outside.calls == 0
    finally:
        storage.delete("ledger/erasures/0000000007.json")
    assert request.steps.count() == 0


def test_everything_is_looked_at(as_role: AsRole) -> None:
    """The search that the other tests trust finds what is there."""
    alice = cast.owner("Alice")
    assert "accounts_user" in {table for table, _ in found_anywhere(alice.user.email)}
    assert len(everything()) > 20


def moment(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, 12, tzinfo=timezone.get_current_timezone())


def still(now: datetime) -> list[Card]:
    return next(lane.cards for lane in board(now).lanes if lane.key == "still")


def test_staff_see_what_stands_still_and_how_much_time_is_left(as_role: AsRole, outside: Elsewhere) -> None:
    alice = cast.owner("Alice")
    outside.next = [CannotAnswer("http_401")]
    request = ask(alice, at_once=True)
    with as_role("eraser"):
        engine.advance(clock=Clock())
    with as_role("staff"):
        now = timezone.now()
        [card] = still(now)
        assert card.request.reference == request.reference
        assert [(name, cause.words) for name, cause in card.waiting] == [
            ("Mailingplatform (Elsewhere)", "Het systeem weigert ons. (http_401)")
        ]
        assert card.days_left in range(27, 32)
        assert [still(now + timedelta(days=days))[0].alarm for days in (0, 3, 14, 21)] == [0, 1, 2, 3]
        ErasureStep.objects.filter(request=request, state="blocked").update(due_at=now)
        with pytest.raises(Exception, match="permission denied"):
            ErasureStep.objects.filter(request=request).update(state="verified")
