"""What somebody does at the platform itself is seen here: told by it, or found by the nightly comparison."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from newsletters.models import Contact, Drift, PlatformEvent, Reconcile, Suppression
from newsletters.selectors import audience
from newsletters.services import events, reconcile, suppression, sync
from tests.conftest import _as_role
from tests.fakes.server import Fake
from tests.newsletters.conftest import Letters, empty
from tests.newsletters.engine import State, app, drain, due_now, everyone, state_of, subscribed
from webanizr.core.tasks import Later

pytestmark = pytest.mark.usefixtures("committing_worker")


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


# --- found by the nightly comparison


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


# --- told by the platform


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
    yield from empty(fakes[request.param])


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
