"""Erasing while everything fails: the eraser is killed at random, the broker forgets, three answers in ten are faults.

Real processes, the real broker's protocol, the providers' real HTTP. Every run must end with everything verified or
kept by law, and nothing left. ERASURE_CHAOS says how many runs.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
from django.test import override_settings
from django.utils import timezone

from privacy.connectors.matomo import pseudonyms
from privacy.datamap import Scope
from privacy.erasure import ledger
from privacy.models import ErasureRequest, ErasureStep
from privacy.services.erasure import request_erasure
from tests import cast, external
from tests.erasure_world import fill, found_anywhere
from tests.fakes.brevo import Brevo
from tests.fakes.matomo import SITE, Matomo
from tests.fakes.parts import Fault, Reply, Request
from tests.fakes.server import Fake, running
from tests.test_outbox import Crew
from webanizr.core import storage, tenancy
from webanizr.local import testing

AsRole = Callable[[str], AbstractContextManager[Any]]

RUNS = int(os.environ.get("ERASURE_CHAOS", "3"))
FAULTS = 0.3
KINDS = ("429", "403_bare", "401", "500", "502", "503", "drop", "garbage", "404_html", "timeout_after", "cut")
SECONDS = 120  # of one run, on a busy machine; some 10 otherwise
State = ErasureStep.State


def moody(kind: type[Fake]) -> type[Fake]:
    """Return the provider's fake, three of ten of whose answers are a fault, each of every kind in turn."""

    class Moody(kind):  # type: ignore[misc,valid-type]  # a class that is chosen at run time
        dice = random.Random(8)
        calm, troubles = False, 0

        def answer(self, request: Request) -> tuple[Reply, Fault | None]:
            """Answer, or don't."""
            if not self.calm and self.dice.random() < FAULTS:
                self.troubles += 1
                self.fail(self.dice.choice(KINDS), retry_after="1")
            answered: tuple[Reply, Fault | None] = super().answer(request)
            return answered

    return Moody


class Erasers(Crew):
    """Valkey and the eraser's processes."""

    def __init__(self, folder: Path, platforms: list[Fake]) -> None:
        super().__init__(folder)
        broker = {name: self.env[name] for name in ("REDIS_URL", "CELERY_BROKER_URL", "WEBANIZR_DATA")}
        self.env |= testing.current().environment("eraser") | broker
        for fake in platforms:
            self.env |= external.settings_for(fake) | {f"{fake.name.upper()}_RATE": "100000"}

    def start_worker(self, app: str = "tests.erasing", *, queues: str = "erase") -> None:
        super().start_worker(app, queues=queues)

    def forget(self) -> None:
        """Let the broker and everything else in Redis be empty."""
        with redis.Redis.from_url(self.valkey.url()) as server:
            server.flushall()


@contextmanager
def outside() -> Iterator[tuple[Any, Any]]:
    with running(moody(Brevo)) as brevo, running(moody(Matomo)) as matomo:
        settings = external.settings_for(brevo) | external.settings_for(matomo)
        with override_settings(**settings, PROCESSOR_RATES=external.FAST):
            yield brevo, matomo


def put_outside(person: cast.Person, brevo: Any, matomo: Any) -> None:
    """Let the mailing platform and the statistics know somebody: subscribed, mailed, blocked, and seen."""
    for do in ("add", "mail", "block"):
        brevo.act(do, {"email": person.user.email})
    for _ in range(3):
        number = matomo.store.number("visit")
        visit = {"idVisit": number, "idSite": int(SITE), "userId": pseudonyms(person.user.pk)[0], "heard": time.time()}
        matomo.store.put("visits", str(number), visit)


def left_outside(person: cast.Person, brevo: Any, matomo: Any) -> list[str]:
    """Return where the person still is, asked behind the connectors' backs."""
    tables = [(fake.name, name, row) for fake in (brevo, matomo) for name, rows in fake.store.tables.items()
              for row in rows.values()]  # fmt: skip
    wanted = (person.user.email, pseudonyms(person.user.pk)[0])
    return [f"{fake}.{name}" for fake, name, row in tables if any(each in str(row) for each in wanted)]


def let_time_pass() -> None:
    """Let the minutes and days pass for which a killed eraser's leases last, and for which a system is left alone."""
    past = timezone.now() - timedelta(seconds=1)
    running_steps = ErasureStep.objects.filter(request__state="running")
    running_steps.exclude(state__in=[*ErasureStep.FINAL, State.LEASED]).update(due_at=past)


def expire_leases() -> None:
    """For after a kill: nobody holds them any more."""
    past = timezone.now() - timedelta(seconds=1)
    ErasureStep.objects.filter(state=State.LEASED).update(leased_until=past)


def ask(person: cast.Person) -> ErasureRequest:
    with tenancy.tenant(person.account.pk, user_id=person.user.pk):
        return request_erasure(
            scope=Scope.ACCOUNT,
            subject_id=person.account.pk,
            account_id=person.account.pk,
            actor_id=person.user.pk,
            contact=None,
            now=timezone.now() - timedelta(seconds=1),
            at_once=True,
        )


@pytest.mark.django_db(transaction=True)
def test_every_run_ends_with_nothing_left(as_role: AsRole, tmp_path_factory: pytest.TempPathFactory) -> None:
    storage.delete(*storage.keys(ledger.PREFIX))
    with outside() as (brevo, matomo):
        crew = Erasers(tmp_path_factory.mktemp("crew"), [brevo, matomo])
        try:
            crew.start_valkey()
            crew.start_worker()
            for run in range(RUNS):
                dice = random.Random(run)
                alice = cast.owner(f"Alice{run}")
                fill(alice, as_role)
                put_outside(alice, brevo, matomo)
                request = ask(alice)
                with as_role("eraser"):
                    until_done(request, crew, dice)
                assert left_outside(alice, brevo, matomo) == [], run
                assert found_anywhere(alice.user.email) == [], run
                assert found_anywhere(str(alice.account.pk)) == [], run
        finally:
            crew.stop()
    assert ledger.head() == RUNS, "one line for each erasure, however often it was begun"
    assert min(brevo.troubles, matomo.troubles) > RUNS, "it was rough enough to mean something"


def until_done(request: ErasureRequest, crew: Erasers, dice: random.Random) -> None:
    """Kill the eraser in the middle, once or twice, with the broker emptied now and then; wait for the end."""
    kills = sorted(dice.sample(range(1, request_steps(request)), k=dice.choice([1, 1, 2])))
    deadline = time.monotonic() + SECONDS
    while ErasureRequest.objects.filter(id=request.id).exclude(state="done").exists():
        assert time.monotonic() < deadline, still_open(request)
        ended = request.steps.filter(state__in=ErasureStep.FINAL).count()
        if kills and ended >= kills[0]:
            kills.pop(0)
            time.sleep(dice.random() * 0.1)
            crew.kill_worker()
            assert ErasureStep.objects.filter(request=request).count() in (0, request_count(request))
            if dice.random() < 0.5:
                crew.forget()
            expire_leases()
            crew.start_worker()
        let_time_pass()
        assert_nothing_is_claimed_too_early(request)
        time.sleep(0.05)
    assert set(request.steps.values_list("state", flat=True)) <= set(ErasureStep.FINAL)
    request.refresh_from_db()
    assert request.steps.count() == request.step_count
    assert len(request.certificate["steps"]) > 0  # type: ignore[index]  # it is there


def request_count(request: ErasureRequest) -> int:
    return ErasureRequest.objects.get(id=request.id).step_count


def request_steps(request: ErasureRequest) -> int:
    """Wait for the plan; return how many steps it has."""
    deadline = time.monotonic() + SECONDS
    while not (count := ErasureRequest.objects.filter(id=request.id, state="running").values_list("step_count")):
        assert time.monotonic() < deadline, "no plan was made"
        time.sleep(0.02)
    return int(count[0][0])


def assert_nothing_is_claimed_too_early(request: ErasureRequest) -> None:
    """A certificate is only there when everything before it had ended."""
    found = ErasureRequest.objects.get(id=request.id)
    if found.certificate is not None:
        prove = found.steps.get(kind="prove")
        open_before = found.steps.filter(position__lt=prove.position).exclude(state__in=ErasureStep.FINAL)
        assert not open_before.exists(), still_open(request)


def still_open(request: ErasureRequest) -> list[Any]:
    left = request.steps.exclude(state__in=ErasureStep.FINAL)
    return list(left.values_list("kind", "target", "state", "cause", "attempts"))
