"""The platform keeps step with the audience, whatever goes wrong: every platform, every fault, every cause."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import override_settings
from django.utils import timezone

from newsletters.connectors import platform
from newsletters.models import Contact, Suppression, SyncState
from newsletters.selectors import audience
from newsletters.services import preferences, reconcile, sync
from tests.fakes.server import Fake
from tests.newsletters.conftest import Letters, empty
from tests.newsletters.engine import State, drain, erase, everyone, state_of, subscribed, unsubscribed

pytestmark = pytest.mark.usefixtures("committing_worker")


def listed(fake: Fake, address: str) -> Any:
    """Return what the platform has of an address, None where it would mail nothing."""
    found = fake.act("read", {"email": address})
    return None if not found or found.get("status") == "archived" else found


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
    for fake in empty(fakes["mailchimp"]):
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
