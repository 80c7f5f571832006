"""Erasing while everything fails: workers die at random, systems outside refuse, answer late or not at all.

Every run must end with everything verified or kept by law, and nothing left. ERASURE_CHAOS says how many runs.
"""

from __future__ import annotations

import contextlib
import os
import random
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from django.db import OperationalError

from privacy.connectors.base import CannotAnswer
from privacy.datamap import Scope
from privacy.erasure import engine, ledger, rows
from privacy.models import ErasureRequest
from privacy.services.erasure import request_erasure
from tests import cast
from tests.erasure_world import Clock, Elsewhere, fill, found_anywhere, one_outside
from webanizr.core import storage, tenancy
from webanizr.core.net import NotSent, Uncertain

AsRole = Callable[[str], AbstractContextManager[Any]]

RUNS = int(os.environ.get("ERASURE_CHAOS", "4"))
FAULTS = 0.3
MOST_TURNS = 3000


class Killed(BaseException):
    """The worker was killed: nothing is written down any more."""


def trouble(dice: random.Random, acting: Callable[..., Any]) -> Callable[..., Any]:
    """Return the same work, killed now and then: before it, or after it and before it was written down."""

    def work(*args: Any, **kwargs: Any) -> Any:
        if dice.random() < FAULTS / 2:
            raise Killed
        report = acting(*args, **kwargs)
        if dice.random() < FAULTS / 2:
            raise Killed
        return report

    return work


class Moody(Elsewhere):
    """A system outside that fails in one of every way, three times in ten."""

    dice = random.Random(0)

    def _answer(self) -> None:
        self.calls += 1
        if self.dice.random() < FAULTS:
            raise self.dice.choice(
                [CannotAnswer("http_500", after=30), CannotAnswer("http_401"), NotSent(), Uncertain()]
            )


@pytest.mark.django_db(transaction=True)
def test_every_run_ends_with_nothing_left(as_role: AsRole) -> None:
    storage.delete(*storage.keys(ledger.PREFIX))
    for run in range(RUNS):
        dice = random.Random(run)
        alice = cast.owner(f"Alice{run}")
        fill(alice, as_role)
        with one_outside(Moody()) as outside:
            outside.dice = dice  # type: ignore[attr-defined]  # a Moody
            outside.holds = {alice.user.email}
            with tenancy.tenant(alice.account.pk, user_id=alice.user.pk):
                clock = Clock()
                request = request_erasure(
                    scope=Scope.ACCOUNT,
                    subject_id=alice.account.pk,
                    account_id=alice.account.pk,
                    actor_id=alice.user.pk,
                    contact=None,
                    now=clock(),
                    at_once=True,
                )
            with as_role("eraser"):
                _until_done(request, clock, dice)
            assert outside.holds == set(), run
        assert found_anywhere(alice.user.email) == [], run
        assert found_anywhere(str(alice.account.pk)) == [], run
    assert ledger.head() == RUNS, "one line for each erasure, however often it was begun"


def _until_done(request: ErasureRequest, clock: Clock, dice: random.Random) -> None:
    batch = rows.erase_batch

    def failing(search: rows.Search, **kwargs: Any) -> int:
        if dice.random() < 0.1:
            raise OperationalError
        return batch(search, **kwargs)

    with mock.patch.object(engine, "_act", trouble(dice, engine._act)), mock.patch.object(rows, "erase_batch", failing):
        for _ in range(MOST_TURNS):
            with contextlib.suppress(Killed):  # another worker takes over when the lease has run out
                engine.advance(clock=clock, only=request.id)
            clock.moment += timedelta(minutes=dice.choice([1, 6, 60, 300]))
            request.refresh_from_db()
            if request.state == "done":
                assert set(request.steps.values_list("state", flat=True)) <= {"verified", "retained"}
                return
            assert request.certificate is None or request.steps.filter(kind="prove").exists()
    raise AssertionError(list(request.steps.values_list("kind", "target", "state", "cause", "attempts")))
