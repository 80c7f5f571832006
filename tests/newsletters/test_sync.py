"""The platform keeps step with the audience, whatever goes wrong: every platform, every fault, every cause."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, connections, transaction
from django.test import override_settings
from django.utils import timezone

from newsletters.connectors import platform
from newsletters.models import Contact, Drift, PlatformEvent, Reconcile, Suppression, SyncState
from newsletters.selectors import audience
from newsletters.services import events, preferences, reconcile, suppression, sync
from tests import external
from tests.conftest import _as_role
from tests.fakes.server import Fake, running
from tests.newsletters.conftest import Letters
from tests.newsletters.engine import State, app, drain, due_now, erase, state_of, subscribed, unsubscribed
from webanizr.core import ratelimit
from webanizr.core.tasks import Later
from webanizr.local import testing


@pytest.fixture(scope="module", autouse=True)
def worker(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Work as the worker's login, with rows that are committed: the engine talks outside transactions."""
    with django_db_blocker.unblock():
        with _as_role("worker"):
            yield
        connections.close_all()
        testing.current().reset_database()


@pytest.fixture(scope="module")
def fakes() -> Iterator[dict[str, Fake]]:
    with ExitStack() as stack:
        yield {name: stack.enter_context(running(external.FAKES[name])) for name in external.MAILING}


@pytest.fixture(params=external.MAILING)
def there(request: pytest.FixtureRequest, fakes: dict[str, Fake]) -> Iterator[Fake]:
    """Each platform in turn, empty."""
    yield from _empty(fakes[request.param])


@pytest.fixture
def brevo(fakes: dict[str, Fake]) -> Iterator[Fake]:
    """One platform, for what doesn't depend on which."""
    yield from _empty(fakes["brevo"])


def _empty(fake: Fake) -> Iterator[Fake]:
    fake.reset()
    ratelimit.connection().flushdb()
    with external.configured(fake):
        yield fake
    # what a test leaves is nobody's business in the next one
    Reconcile.objects.update(state=Reconcile.State.DONE)
    SyncState.objects.update(state=State.IN_SYNC, there="absent", lease=None, leased_until=None)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE newsletters_contact SET paused_until = '9999-12-31'")


def listed(fake: Fake, address: str) -> Any:
    """Return what the platform has of an address, None where it would mail nothing."""
    found = fake.act("read", {"email": address})
    return None if not found or found.get("status") == "archived" else found


def compared() -> Reconcile:
    """Run one comparison to its end, with the pushes that it asks for."""
    run_id = reconcile.start(now=timezone.now())
    assert run_id is not None
    reconcile.go_on(run_id)
    drain()
    return Reconcile.objects.get(id=run_id)


def kinds(run: Reconcile) -> dict[str, int]:
    found: dict[str, int] = {}
    for drift in Drift.objects.filter(run=run):
        found[drift.kind] = found.get(drift.kind, 0) + 1
    return found


def everyone(fake: Fake) -> set[str]:
    """Return the addresses that the platform would mail."""
    found, cursor = set(), ""
    while True:
        page = platform().contacts(cursor)
        found |= {each.email for each in page.contacts if not each.unsubscribed}
        cursor = page.cursor
        if not cursor:
            return found


# --- each cause


def test_confirmed_on_it_and_unsubscribed_off_it(there: Fake, letters: Letters, address: str) -> None:
    contact_id = subscribed(letters, address, "tips", "news")
    sync.push(contact_id)
    assert listed(there, address)
    assert state_of(contact_id).state == State.IN_SYNC
    remote = platform().find(state_identity(contact_id))
    assert remote is not None
    assert (remote.topics, remote.language) == (("news", "tips"), "nl")
    unsubscribed(contact_id)
    sync.push(contact_id)
    assert address not in everyone(there)
    assert (state_of(contact_id).state, state_of(contact_id).there) == (State.IN_SYNC, "absent")


def state_identity(contact_id: uuid.UUID) -> Any:
    from newsletters.connectors.base import Identity

    contact = Contact.objects.get(id=contact_id)
    return Identity(person_id=contact.id, contact_id=contact.id, emails=(contact.address,))


def test_who_came_back_is_on_it_again(there: Fake, letters: Letters, address: str) -> None:
    contact_id = subscribed(letters, address)
    sync.push(contact_id)
    unsubscribed(contact_id)
    sync.push(contact_id)
    subscribed(letters, address)
    sync.push(contact_id)
    assert address in everyone(there)


def test_a_change_of_topics_and_language_goes_along(there: Fake, letters: Letters, address: str) -> None:
    contact_id = subscribed(letters, address, "tips", "news")
    sync.push(contact_id)
    now = timezone.now()
    preferences.set_topics(contact_id=contact_id, wanted=["news"], source="preferences", now=now)
    preferences.set_language(contact_id=contact_id, language="en-gb", now=now)
    sync.push(contact_id)
    remote = platform().find(state_identity(contact_id))
    assert remote is not None
    assert (remote.topics, remote.language[:2]) == (("news",), "en")


def test_nothing_is_sent_when_nothing_changed(there: Fake, letters: Letters, address: str) -> None:
    contact_id = subscribed(letters, address)
    sync.push(contact_id)
    before = there.count
    preferences.pause(contact_id=contact_id, length="", now=timezone.now())
    SyncState.objects.update(resubscribe=False)
    sync.push(contact_id)
    sync.push(contact_id)
    assert there.count == before


def test_a_pause_takes_off_and_puts_back(there: Fake, letters: Letters, address: str) -> None:
    contact_id = subscribed(letters, address)
    sync.push(contact_id)
    preferences.pause(contact_id=contact_id, length="month", now=timezone.now())
    sync.push(contact_id)
    assert address not in everyone(there)
    Contact.objects.filter(id=contact_id).update(paused_until=timezone.now() - timedelta(seconds=1))
    reconcile.fill(provider=there.name)  # what the clock alone changes is found within ten minutes
    drain()
    assert address in everyone(there)


def test_eligibility_is_asked_at_the_moment_of_sending(brevo: Fake, letters: Letters, address: str) -> None:
    contact_id = subscribed(letters, address)
    contact = Contact.objects.get(id=contact_id)
    Suppression.objects.create(address_key=contact.address_key, reason="complaint")  # behind the queue's back
    sync.push(contact_id)
    assert brevo.count == 0
    assert listed(brevo, address) is None


def test_an_older_push_never_counts_as_the_newest(
    brevo: Fake, letters: Letters, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    contact_id = subscribed(letters, address)
    connector = type(platform())
    upsert = connector.upsert

    def meanwhile(self: Any, contact: Any) -> Any:
        outcome = upsert(self, contact)
        unsubscribed(contact_id)
        return outcome

    monkeypatch.setattr(connector, "upsert", meanwhile)
    sync.push(contact_id)
    monkeypatch.undo()
    assert state_of(contact_id).state == State.PENDING
    sync.push(contact_id)
    assert address not in everyone(brevo)
    assert state_of(contact_id).pushed == state_of(contact_id).desired


def test_two_processes_never_work_on_one_contact(brevo: Fake, letters: Letters, address: str) -> None:
    from newsletters.services.leases import lease

    contact_id = subscribed(letters, address)
    assert len(lease(limit=5, contact_id=contact_id)) == 1
    assert lease(limit=5, contact_id=contact_id) == []
    SyncState.objects.filter(contact_id=contact_id).update(leased_until=timezone.now() - timedelta(seconds=1))
    sync.push(contact_id)
    assert listed(brevo, address)


# --- each fault


FAULTS: list[dict[str, Any]] = [
    {"kind": "429", "retry_after": "1"},
    {"kind": "429"},
    {"kind": "403_bare"},
    {"kind": "500"},
    {"kind": "502"},
    {"kind": "503"},
    {"kind": "drop"},
    {"kind": "timeout_after"},
    {"kind": "garbage"},
    {"kind": "cut"},
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: "-".join(map(str, fault.values())))
def test_a_fault_delays_and_neither_loses_nor_doubles(
    there: Fake, fault: dict[str, Any], letters: Letters, address: str
) -> None:
    contact_id = subscribed(letters, address)
    there.fail(**fault)
    sync.push(contact_id)
    for _ in range(4):
        if state_of(contact_id).state == State.IN_SYNC:
            break
        assert state_of(contact_id).state == State.PENDING, state_of(contact_id).error
        drain()
    assert state_of(contact_id).state == State.IN_SYNC
    assert everyone(there) == {address}
    there.fail(**fault)
    unsubscribed(contact_id)
    for _ in range(4):
        drain()
    assert everyone(there) == set()
    assert state_of(contact_id).state == State.IN_SYNC


def test_a_wrong_key_stops_everything_and_gives_nobody_up(there: Fake, letters: Letters, address: str) -> None:
    ids = [subscribed(letters, f"{number}{address}") for number in range(4)]
    there.fail("401", times=100)
    drain()
    assert {state_of(each).state for each in ids} == {State.PENDING}
    assert there.count <= 8  # it isn't asked again for everybody
    there.faults.clear()
    drain()
    assert {state_of(each).state for each in ids} == {State.IN_SYNC}


def test_a_platform_that_is_away_is_left_alone_for_a_while(brevo: Fake, letters: Letters, address: str) -> None:
    for number in range(8):
        subscribed(letters, f"{number}{address}")
    brevo.fail("500", times=100)
    drain()
    assert brevo.count <= sync.FAILURES + 1


def test_the_forgotten_lock_waits_for_the_platforms_own_form(
    fakes: dict[str, Fake], letters: Letters, address: str
) -> None:
    for fake in _empty(fakes["mailchimp"]):
        contact_id = subscribed(letters, address)
        sync.push(contact_id)
        for locator in platform().locate(state_identity(contact_id)):
            platform().erase(locator)
        preferences.set_language(contact_id=contact_id, language="en-gb", now=timezone.now())
        with override_settings(MAILING_FORM_URL="https://example.us6.list-manage.com/subscribe"):
            sync.push(contact_id)
        assert state_of(contact_id).state == State.NEEDS_FORM
        assert letters[-1]["template"] == "mail/newsletter_form"
        before = fake.count
        drain()
        assert fake.count == before


# --- erasing


def test_erasing_is_over_when_a_second_look_finds_nothing(there: Fake, letters: Letters, address: str) -> None:
    contact_id = subscribed(letters, address)
    sync.push(contact_id)
    there.fail("500", method="DELETE")
    there.fail("500", match="delete-permanent")
    erase(contact_id)
    assert audience([contact_id]) == {}
    for _ in range(4):
        drain()
    there.faults.clear()
    drain()
    assert there.act("read", {"email": address}) in (None, False)
    assert state_of(contact_id).state == State.ERASED


def test_unknown_is_not_absent(brevo: Fake, letters: Letters, address: str) -> None:
    contact_id = subscribed(letters, address)
    sync.push(contact_id)
    erase(contact_id)
    brevo.fail("500", method="GET", times=50)
    drain()
    assert state_of(contact_id).state == State.PENDING_ERASE
    assert state_of(contact_id).error


def test_a_slow_delete_is_looked_at_again(brevo: Fake, letters: Letters, address: str) -> None:
    contact_id = subscribed(letters, address)
    sync.push(contact_id)
    brevo.fail("slow_delete", seconds=0.3)
    erase(contact_id)
    drain()
    assert state_of(contact_id).state == State.PENDING_ERASE
    import time

    time.sleep(0.35)  # the provider's own time, not ours
    drain()
    assert state_of(contact_id).state == State.ERASED


# --- the nightly comparison


def test_what_was_done_there_is_seen_here(there: Fake, letters: Letters, address: str) -> None:
    names = ("left", "deleted", "stays", "stopped")
    ids = {name: subscribed(letters, f"{name}-{address}") for name in names}
    drain()
    there.act("unsubscribe", {"email": f"left-{address}"})
    there.act("delete", {"email": f"deleted-{address}"})
    there.act("add", {"email": f"stranger-{address}"})
    Suppression.objects.create(address_key=Contact.objects.get(id=ids["stopped"]).address_key, reason="manual")
    run = compared()
    assert (run.state, run.error) == (Reconcile.State.DONE, "")
    back = [] if there.name == "mailchimp" else [f"deleted-{address}"]  # deleted there, only its form brings back
    assert everyone(there) == {f"stays-{address}", *back}
    assert kinds(run) == {"unsubscribed": 1, "missing": 1, "stranger": 1, "not_entitled": 1}
    assert (state_of(ids["deleted"]).state == State.NEEDS_FORM) == (there.name == "mailchimp")
    assert {drift.kind for drift in Drift.objects.filter(run=run, mended_at=None)} == (set() if back else {"missing"})
    assert not Drift.objects.filter(run=run, sealed__isnull=False).exists()
    assert audience([ids["left"]]) == {}  # it won
    assert kinds(compared()) == {}


def test_a_list_that_cannot_be_read_changes_nothing(there: Fake, letters: Letters, address: str) -> None:
    contact_id = subscribed(letters, address)
    drain()
    for fault in ("500", "garbage", "cut", "timeout_after", "429"):
        there.fail(fault)
        run_id = reconcile.start(now=timezone.now())
        assert run_id is not None
        with pytest.raises(Later):
            reconcile.go_on(run_id)
        assert not Drift.objects.filter(run_id=run_id).exists()
        there.faults.clear()
        due_now()
        reconcile.go_on(run_id)
        assert Reconcile.objects.get(id=run_id).state == Reconcile.State.DONE
    assert everyone(there) == {address}
    assert state_of(contact_id).state == State.IN_SYNC


def test_far_too_many_strangers_wait_for_staff(
    brevo: Fake, letters: Letters, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconcile, "FEW", 3)
    subscribed(letters, address)
    drain()
    for number in range(5):
        brevo.act("add", {"email": f"{number}-{address}"})
    run = compared()
    assert run.state == Reconcile.State.HELD
    assert len(everyone(brevo)) == 6
    with _as_role("staff"):
        Reconcile.objects.filter(id=run.id).update(released_at=timezone.now())
    reconcile.resume_released()
    reconcile.go_on(run.id)
    assert everyone(brevo) == {address}


def test_an_emptied_list_waits_for_staff(
    brevo: Fake, letters: Letters, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconcile, "FEW", 3)
    for number in range(5):
        subscribed(letters, f"{number}-{address}")
    drain()
    brevo.store.clear()
    brevo.seed()
    before = brevo.count
    assert compared().state == Reconcile.State.HELD
    assert brevo.count == before + 1


def test_an_erased_person_who_reappears_is_erased_again(there: Fake, letters: Letters, address: str) -> None:
    contact_id = subscribed(letters, address)
    Suppression.objects.create(address_key=Contact.objects.get(id=contact_id).address_key, reason="erased")
    Contact.objects.filter(id=contact_id).update(address=f"gone-{address}", address_key=uuid.uuid4().bytes)
    there.act("add", {"email": address})
    assert kinds(compared())["reappeared"] == 1
    assert there.act("read", {"email": address}) in (None, False)


# --- what the platform tells


def told(fake: Fake, monkeypatch: pytest.MonkeyPatch, do: str, address: str) -> tuple[dict[str, str], bytes]:
    """Do something at the platform; return the webhook that it sends."""
    sent: list[tuple[dict[str, str], bytes]] = []
    monkeypatch.setattr(fake, "send_webhook", lambda headers, body: sent.append((headers, body)))
    fake.act(do, {"email": address})
    return sent[-1]


def take_in(headers: dict[str, str], body: bytes) -> int:
    with app():
        return events.take_in(headers=headers, body=body, secret=settings.MAILING_WEBHOOK_SECRET, now=timezone.now())


@pytest.fixture(params=["brevo", "mailchimp"])  # listmonk tells nothing
def telling(request: pytest.FixtureRequest, fakes: dict[str, Fake]) -> Iterator[Fake]:
    yield from _empty(fakes[request.param])


def test_unsubscribed_there_is_unsubscribed_here(
    telling: Fake, letters: Letters, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    contact_id = subscribed(letters, address)
    sync.push(contact_id)
    notice = told(telling, monkeypatch, "unsubscribe", address)
    assert take_in(*notice) == 1
    assert take_in(*notice) == 0  # a replay
    events.hear(PlatformEvent.objects.latest("received_at").id)
    assert audience([contact_id]) == {}
    drain()
    assert address not in everyone(telling)


@pytest.mark.parametrize(("do", "reason"), [("bounce", "bounce"), ("complain", "complaint")])
def test_bounces_and_complaints_stop_the_newsletter(
    brevo: Fake, letters: Letters, address: str, monkeypatch: pytest.MonkeyPatch, do: str, reason: str
) -> None:
    contact_id = subscribed(letters, address)
    sync.push(contact_id)
    take_in(*told(brevo, monkeypatch, do, address))
    events.hear(PlatformEvent.objects.latest("received_at").id)
    assert Suppression.objects.get(address_key=Contact.objects.get(id=contact_id).address_key).reason == reason
    assert audience([contact_id]) == {}


def test_a_notice_alone_proves_nothing(
    brevo: Fake, letters: Letters, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    contact_id = subscribed(letters, address)
    sync.push(contact_id)
    notice = told(brevo, monkeypatch, "complain", address)
    brevo.act("add", {"email": f"x{address}"})
    found = brevo.store.table("contacts")[brevo.by_email[address]]  # type: ignore[attr-defined]  # Brevo's
    found["emailBlacklisted"] = False  # somebody made the notice up: the platform knows of nothing
    take_in(*notice)
    event = PlatformEvent.objects.latest("received_at")
    brevo.fail("500")
    with pytest.raises(Later):  # unknown changes nothing
        events.hear(event.id)
    events.hear(event.id)
    assert audience([contact_id])[contact_id].topics == ("tips",)


def test_a_bounce_of_account_mail_stops_the_newsletter_before_it_began(
    brevo: Fake, letters: Letters, address: str
) -> None:
    with transaction.atomic():  # as in the worker, which handles the report
        suppression.suppress_address(address=address, reason="bounce", now=timezone.now())
    contact_id = subscribed(letters, address)  # a fresh opt-in proves that the address works again
    assert audience([contact_id]) != {}
