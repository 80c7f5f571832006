"""The outbox: what was committed happens once, whatever dies; what can't happen ends as a dead letter."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import AuditEvent
from tests import cast
from tests.chaos import ACTION
from webanizr.core import outbox, tenancy
from webanizr.core.models import Outbox
from webanizr.core.tasks import backoff
from webanizr.local import testing
from webanizr.local.place import ROOT
from webanizr.local.process import dies_with_parent
from webanizr.local.valkey import Valkey, broker_url

pytestmark = pytest.mark.django_db(transaction=True)

ROWS = 120


@pytest.fixture
def alice() -> cast.Person:
    person = cast.owner("Alice")
    with tenancy.tenant(person.account.pk):
        Outbox.objects.exists()
    return person


def add(person: cast.Person, task: str, **ids: Any) -> Any:
    with tenancy.tenant(person.account.pk):
        return outbox.add(task, **ids)


@pytest.fixture
def worker_login(as_role: Callable[[str], AbstractContextManager[Any]]) -> Iterator[None]:
    with as_role("worker"):
        yield


def test_a_rolled_back_cause_has_no_effect(alice: cast.Person) -> None:

    def fail() -> None:
        with tenancy.tenant(alice.account.pk):
            outbox.add("tests.chaos.count", number=1)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with tenancy.tenant(alice.account.pk):
        assert not Outbox.objects.filter(task="tests.chaos.count").exists()


def test_no_account_holds_the_others_up(
    alice: cast.Person, as_role: Callable[[str], AbstractContextManager[Any]]
) -> None:
    charlie = cast.owner("Charlie")
    for number in range(50):
        add(alice, "tests.chaos.count", number=number)
    last = add(charlie, "tests.chaos.count", number=99)
    with as_role("worker"):
        claimed = outbox.claim(per_account=5, total=100)
        again = outbox.claim(per_account=5, total=100)
    assert last in [row.id for row in claimed]
    per_account = Counter(row.account_id for row in claimed)
    assert per_account[alice.account.pk] == 5
    assert not {row.id for row in claimed} & {row.id for row in again}


def test_a_lease_that_runs_out_is_handed_out_again(
    alice: cast.Person, as_role: Callable[[str], AbstractContextManager[Any]]
) -> None:
    row_id = add(alice, "tests.chaos.count", number=1)
    with as_role("worker"):
        assert row_id in [row.id for row in outbox.claim(lease=0)]
        assert row_id in [row.id for row in outbox.claim(lease=60)]
        assert row_id not in [row.id for row in outbox.claim(lease=60)]


def test_after_twelve_failures_a_row_is_dead_and_staff_can_revive_it(
    alice: cast.Person, as_role: Callable[[str], AbstractContextManager[Any]]
) -> None:
    row_id = add(alice, "tests.chaos.count", number=1)
    with as_role("worker"):
        for _ in range(outbox.MAX_ATTEMPTS):
            outbox.claim(lease=60)
            outbox.give_back(alice.account.pk, row_id, seconds=-1, error="Broken")
        assert row_id not in [row.id for row in outbox.claim()]
    with as_role("staff"):
        row = Outbox.objects.get(id=row_id)
        assert (row.state, row.attempts, row.error) == (Outbox.State.DEAD, outbox.MAX_ATTEMPTS, "Broken")
        assert outbox.revive(alice.account.pk, row_id)
    with as_role("worker"):
        assert row_id in [row.id for row in outbox.claim()]


def test_waiting_on_purpose_is_no_failure(
    alice: cast.Person, as_role: Callable[[str], AbstractContextManager[Any]]
) -> None:
    row_id = add(alice, "tests.chaos.count", number=1)
    with as_role("worker"):
        outbox.claim(lease=60)
        outbox.give_back(alice.account.pk, row_id, seconds=30, counted=False)
        with tenancy.tenant(alice.account.pk):
            row = Outbox.objects.get(id=row_id)
        assert row.attempts == 0
        assert row.due_at > timezone.now() + timedelta(seconds=20)


def test_backoff_grows_and_stays_within_bounds() -> None:
    assert 1 <= backoff(1) <= 3
    assert 512 <= backoff(10) <= 1536
    assert backoff(500) <= 5400


class Crew:
    """Valkey, beat and a worker of our own, to be killed at will."""

    def __init__(self, folder: Path) -> None:
        self.valkey = Valkey(folder / "valkey", sockets=folder / "s", mark=folder)
        (folder / "s").mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.env = {
            **testing.current().environment("worker"),
            "DJANGO_SETTINGS_MODULE": "webanizr.settings",
            "WEBANIZR_LOCAL": "1",
            "WEBANIZR_DATA": str(folder),
            "REDIS_URL": self.valkey.url(),
            "CELERY_BROKER_URL": broker_url(self.valkey.url()),
        }
        self.workers: list[subprocess.Popen[bytes]] = []

    def start_valkey(self) -> None:
        self.valkey.spawn()
        deadline = time.monotonic() + 10
        while not self.valkey.ready():
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def start_worker(self, app: str = "tests.chaos", *, queues: str = "default,mail") -> None:
        # the beat inside the worker asks for the relay every second
        command = [sys.executable, "-m", "celery", "-A", app, "worker", "-B", "-c", "2", "-Q", queues]
        command += ["-s", str(self.folder / "beat"), "--loglevel", "WARNING"]
        with (self.folder / "worker.log").open("ab") as log:
            worker = subprocess.Popen(
                command,
                cwd=ROOT,
                env=self.env,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=dies_with_parent(signal.SIGTERM),
            )  # fmt: skip
        self.workers.append(worker)

    def kill_worker(self) -> None:
        worker = self.workers.pop()
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait(10)

    def kill_valkey(self) -> None:
        assert self.valkey.process is not None
        self.valkey.process.kill()
        self.valkey.process.wait(10)

    def stop(self) -> None:
        while self.workers:
            self.kill_worker()
        self.valkey.stop()


def test_killing_broker_and_workers_loses_and_doubles_nothing(
    alice: cast.Person, tmp_path_factory: pytest.TempPathFactory
) -> None:
    chance = random.Random(20261124)  # the same moments on every run
    charlie = cast.owner("Charlie")
    for number in range(ROWS):
        add(alice if number % 3 else charlie, "tests.chaos.count", number=number)
    crew = Crew(tmp_path_factory.mktemp("crew"))
    try:
        crew.start_valkey()
        crew.start_worker()
        for round_ in range(3):
            wait_for_marks([alice, charlie], at_least=(round_ + 1) * 15)
            time.sleep(chance.random() * 0.2)
            crew.kill_worker()
            if round_ == 1:
                crew.kill_valkey()
                flush(crew)
                crew.start_valkey()
            expire_leases([alice, charlie])
            crew.start_worker()
        marks = wait_for_marks([alice, charlie], at_least=ROWS, expire=True)
    finally:
        crew.stop()
    assert sorted(marks) == [f"00000000-0000-0000-0000-{number:012d}" for number in range(ROWS)]
    for person in (alice, charlie):
        with tenancy.tenant(person.account.pk):
            rows = Outbox.objects.filter(task="tests.chaos.count")
            assert set(rows.values_list("state", flat=True)) == {Outbox.State.DONE}


def flush(crew: Crew) -> None:
    """A broker that comes back with nothing: what it kept on disk is gone."""
    shutil.rmtree(crew.folder / "valkey" / "appendonlydir")


def marks_of(people: list[cast.Person]) -> list[str]:
    found: list[str] = []
    for person in people:
        with tenancy.tenant(person.account.pk):
            found += [
                str(each) for each in AuditEvent.objects.filter(action=ACTION).values_list("target_id", flat=True)
            ]
    return found


def expire_leases(people: list[cast.Person]) -> None:
    """Let two minutes pass for what a killed worker held."""
    connection = testing.current().connect("worker")
    with connection, connection.cursor() as cursor:
        for person in people:
            cursor.execute("SELECT set_config('webanizr.account_id', %s, true)", [str(person.account.pk)])
            cursor.execute("UPDATE core_outbox SET leased_until = now() - interval '1 second' WHERE state = 'leased'")
    connection.close()


def wait_for_marks(people: list[cast.Person], *, at_least: int, expire: bool = False) -> list[str]:
    deadline = time.monotonic() + 60
    while len(found := marks_of(people)) < at_least:
        assert time.monotonic() < deadline, f"{len(found)} of {at_least}"
        if expire and time.monotonic() > deadline - 50:
            expire_leases(people)
        time.sleep(0.2)
    return found
