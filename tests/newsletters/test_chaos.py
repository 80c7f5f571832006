"""Killed at random moments, with a broker that forgets: nobody is lost, doubled or wrongly on the platform."""

from __future__ import annotations

import random
import shutil
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
import redis
from django.db import connection
from django.utils import timezone

from newsletters.addresses import key_of
from newsletters.models import Consent, Contact, Reconcile, SyncState
from newsletters.selectors import audience
from newsletters.services import reconcile
from tests import external
from tests.fakes.brevo import Brevo
from tests.fakes.server import Fake, running
from tests.newsletters.engine import State, erase, unsubscribed
from tests.test_outbox import Crew

pytestmark = pytest.mark.django_db(transaction=True)

PEOPLE, STRANGERS, KILLS = 240, 12, 6
FAULTS = ("timeout_after", "500", "drop", "cut")


@pytest.fixture
def platform() -> Iterator[Fake]:
    with running(Brevo) as fake, external.configured(fake):
        yield fake


def confirmed(number: int) -> Contact:
    """Store somebody who confirmed, as worker; nothing is pushed for them yet: they are the first synchronisation."""
    address = f"vera{number}@example.nl"
    now = timezone.now()
    contact = Contact.objects.create(address=address, address_key=key_of(address), verified_at=now)
    words = {"basis": "consent", "wording": "x", "wording_version": "x", "language": "nl", "source": "page"}
    for topic in ("tips", "news")[: 1 + number % 2]:
        Consent.objects.create(contact=contact, topic_id=topic, action="confirmed", **words)
    return contact


def let_time_pass(crew: Crew) -> None:
    """Let the minutes pass that a killed worker's leases last, and that a platform in trouble is left alone."""
    with redis.Redis.from_url(crew.valkey.url()) as server:
        for key in server.scan_iter("rate:*"):
            server.delete(key)
    SyncState.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    SyncState.objects.filter(leased_until__isnull=False).update(leased_until=timezone.now() - timedelta(seconds=1))
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('webanizr.account_id', %s, false)", [str(uuid.UUID(int=0))])
        cursor.execute("UPDATE core_outbox SET leased_until = now() - interval '1 second' WHERE state = 'leased'")
        cursor.execute("UPDATE core_outbox SET due_at = now() WHERE state = 'pending'")
        cursor.execute("SELECT set_config('webanizr.account_id', '', false)")


def settled(platform: Fake) -> bool:
    waiting = SyncState.objects.filter(state__in=[State.PENDING, State.PENDING_ERASE]).exists()
    return not waiting and not Reconcile.objects.exclude(state=Reconcile.State.DONE).exists()


def test_killed_at_random_it_loses_doubles_and_wrongs_nobody(
    platform: Fake, as_role: Callable[[str], AbstractContextManager[Any]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    chance = random.Random(20261125)  # the same moments on every run
    with as_role("worker"), external.configured(platform):
        people = [confirmed(number) for number in range(PEOPLE)]
        for number in range(STRANGERS):
            platform.act("add", {"email": f"stranger{number}@example.nl"})
        reconcile.fill(provider=platform.name)
        crew = Crew(tmp_path_factory.mktemp("crew"))
        for name, value in external.settings_for(platform).items():
            crew.env[name] = value
        crew.env |= {"BREVO_RATE": "100000"}
        leavers = iter(chance.sample(people, 60))
        try:
            crew.start_valkey()
            start(crew)
            for kill in range(KILLS):
                platform.fail(FAULTS[kill % len(FAULTS)], times=2, match="contacts")
                busy(platform, requests=15 + 10 * (kill == 0))
                for _ in range(6):  # people go on changing their minds
                    unsubscribed(next(leavers).id)
                erase(next(leavers).id)
                if kill == 1:
                    assert reconcile.start(now=timezone.now())
                time.sleep(chance.random() * 0.8)
                crew.kill_worker()
                if kill == 3:
                    crew.kill_valkey()
                    shutil.rmtree(crew.folder / "valkey" / "appendonlydir")
                    crew.start_valkey()
                let_time_pass(crew)
                start(crew)
            deadline = time.monotonic() + 180  # on a busy machine; some 15 s otherwise
            while not settled(platform):
                assert time.monotonic() < deadline, states()
                let_time_pass(crew)
                time.sleep(0.5)
        finally:
            crew.stop()
        check(platform, people)


def states() -> list[Any]:
    return [
        *SyncState.objects.values_list("state", "error").distinct(),
        *Reconcile.objects.values_list("state", "error", "cursor"),
    ]


def start(crew: Crew) -> None:
    crew.start_worker("tests.newsletters.chaos", queues="default,mail,sync")


def busy(platform: Fake, *, requests: int) -> None:
    """Wait until the worker is in the middle of something, or has nothing to do."""
    until, before = time.monotonic() + 8, platform.count
    while platform.count < before + requests and time.monotonic() < until:
        time.sleep(0.02)


def check(platform: Fake, people: list[Contact]) -> None:
    """Compare the platform with the view, person by person."""
    wanted = audience([each.id for each in people])
    there = list(platform.store.table("contacts").values())
    mailed = {each["email"]: each for each in there if not each["emailBlacklisted"]}
    assert len(there) == len({each["email"] for each in there}), "somebody is on it twice"
    assert len(mailed) == len(wanted)
    assert set(mailed) == {entry.address for entry in wanted.values()}
    for entry in wanted.values():
        found = mailed[entry.address]
        assert found["attributes"]["TOPICS"] == ",".join(entry.topics)
        assert found["ext_id"] == str(entry.contact_id)
    gone = [each for each in people if each.id not in wanted]
    assert len(gone) == KILLS * 7
    assert len(wanted) == PEOPLE - KILLS * 7
    wrong = SyncState.objects.exclude(state__in=[State.IN_SYNC, State.ERASED])
    assert list(wrong.values_list("state", "error")) == []
