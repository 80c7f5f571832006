"""The ledger under faults: a killed writer closes nothing and loses nothing; without its store nothing begins."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from django.db import transaction
from django.utils import timezone

from privacy.datamap import Scope
from privacy.erasure import engine, guard, ledger
from privacy.services.erasure import request_erasure
from tests import cast
from tests.erasure_world import Clock, Elsewhere, found_anywhere, one_outside
from webanizr.core import health, storage, tenancy

AsRole = Callable[[str], AbstractContextManager[Any]]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def outside() -> Iterator[Elsewhere]:
    storage.delete(*storage.keys(ledger.PREFIX))
    guard.forget()
    with one_outside() as system:
        yield system
    storage.delete(*storage.keys(ledger.PREFIX))
    guard.forget()


class Killed(BaseException):
    """Nothing catches it, as nothing catches a SIGKILL."""


def asked(who: cast.Person) -> Any:
    with tenancy.tenant(who.account.pk, user_id=who.user.pk):
        return request_erasure(
            scope=Scope.ACCOUNT,
            subject_id=who.account.pk,
            account_id=who.account.pk,
            actor_id=who.user.pk,
            contact=None,
            now=timezone.now(),
            at_once=True,
        )


def fresh_health() -> list[str]:
    guard.forget()
    return health.check()


@pytest.mark.parametrize("before", [True, False])
def test_a_writer_killed_beside_its_line_closes_nothing_and_loses_nothing(as_role: AsRole, before: bool) -> None:
    alice = cast.owner("Alice")
    request = asked(alice)
    put = storage.put

    def killed(key: str, data: bytes, **kwargs: Any) -> None:
        if not before:
            put(key, data, **kwargs)
        raise Killed

    clock = Clock()
    with as_role("eraser"), mock.patch.object(storage, "put", killed), pytest.raises(Killed):
        engine.advance(clock=clock)
    assert fresh_health() == [], "half a line isn't another database's"
    assert found_anywhere(alice.user.email), "nothing goes before its line is there"
    with as_role("worker"):
        assert ledger.append(uuid.uuid4(), {"kind": "withdrawal"}) == 2, "others go on meanwhile"
    assert fresh_health() == []
    with as_role("eraser"):
        clock.moment += timedelta(minutes=6)
        engine.advance(clock=clock)
    assert [line["request"] for seq, line in ledger.lines(after=0) if seq == 1] == [str(request.id)]
    assert found_anywhere(alice.user.email) == []
    assert fresh_health() == []


def test_nothing_goes_while_the_store_of_the_ledger_is_away(as_role: AsRole) -> None:
    alice = cast.owner("Alice")
    request = asked(alice)
    clock = Clock()
    with as_role("eraser"), mock.patch.object(storage, "put", side_effect=storage.Away("503")):
        engine.advance(clock=clock)
        assert request.steps.get(kind="ledger").state == "retry"
        assert set(request.steps.exclude(kind="ledger").values_list("state", flat=True)) == {"pending"}
    with as_role("eraser"):
        clock.moment += timedelta(minutes=5)
        engine.advance(clock=clock)
        assert request.steps.get(kind="ledger").state == "verified"
    assert found_anywhere(alice.user.email) == []


def test_a_line_is_never_part_of_a_transaction(as_role: AsRole) -> None:
    with as_role("worker"), transaction.atomic(), pytest.raises(RuntimeError, match="committed before"):
        ledger.append(uuid.uuid4(), {})
