"""The clock of erasures: staff are mailed in time, the person before it begins, and a longer term is told with why."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import transaction
from django.utils import timezone

from privacy.connectors.base import CannotAnswer
from privacy.datamap import Scope
from privacy.erasure import engine, ledger
from privacy.models import ErasureEvent, ErasureRequest
from privacy.services import deadlines
from privacy.services.erasure import ErasureError, month_later, request_erasure, withdraw
from tests import cast
from tests.erasure_world import Clock, Elsewhere, one_outside
from tests.staff import Desk, Hire
from webanizr.core import storage, tenancy, vault
from webanizr.core.models import Mail

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _own_ledger() -> None:
    storage.delete(*storage.keys(ledger.PREFIX))


@pytest.fixture
def outside() -> Iterator[Elsewhere]:
    with one_outside() as system:
        yield system


def ask(who: cast.Person, *, at_once: bool) -> ErasureRequest:
    with tenancy.tenant(who.account.pk, user_id=who.user.pk):
        return request_erasure(
            scope=Scope.ACCOUNT,
            subject_id=who.account.pk,
            account_id=who.account.pk,
            actor_id=who.user.pk,
            contact={"name": who.user.name, "email": who.user.email, "language": "en-gb"},
            now=timezone.now(),
            at_once=at_once,
        )


def mails(as_role: Any, template: str) -> list[tuple[str, dict[str, Any]]]:
    """Return (address, context) of what was queued with a template."""
    with as_role("worker"), tenancy.tenant(tenancy.PLATFORM_ACCOUNT):
        found = [vault.unseal_note(each.sealed, purpose="mail") for each in Mail.objects.filter(template=template)]
    return [(each["to"], each["context"]) for each in found]


def blocked(as_role: Any, outside: Elsewhere, who: cast.Person) -> ErasureRequest:
    """Ask for an erasure that the system outside refuses."""
    outside.next = [CannotAnswer("http_401")]
    request = ask(who, at_once=True)
    with as_role("eraser"):
        engine.advance(clock=Clock())
    return request


def alarms(as_role: Any, now: datetime) -> int:
    with as_role("worker"):
        return deadlines.sound_alarms(now=now)


def letters(as_role: Any, now: datetime) -> int:
    with as_role("eraser"):
        return deadlines.tell_people(now=now)


def test_staff_are_mailed_after_3_14_and_21_days_and_once_each(as_role: Any, outside: Elsewhere, hire: Hire) -> None:
    sam = hire("Sam", "support")
    alice = cast.owner("Alice")
    request = blocked(as_role, outside, alice)
    start = request.requested_at
    told = [alarms(as_role, start + timedelta(days=days, hours=1)) for days in (1, 3, 3, 13, 14, 21, 25)]
    assert told == [0, 1, 0, 0, 1, 1, 0]
    sent = [each for each in mails(as_role, "mail/erasure_alarm") if each[0] == sam.email]
    assert sorted(context["days"] for _to, context in sent) == [3, 14, 21]
    assert sent[0][1]["lines"] == [["Mailingplatform (Elsewhere)", "Het systeem weigert ons. (http_401)"]]
    assert alice.user.email not in str([context for _to, context in sent])
    with as_role("worker"):
        assert ErasureEvent.objects.filter(request=request).count() == 3


def test_who_still_reconsiders_is_no_work_of_staff(as_role: Any, outside: Elsewhere, hire: Hire) -> None:
    hire("Sam", "support")
    request = ask(cast.owner("Alice"), at_once=False)
    with as_role("eraser"):
        engine.advance(clock=Clock())
    assert alarms(as_role, request.requested_at + timedelta(days=4)) == 0


def test_a_person_is_reminded_once_before_it_begins_and_not_after_taking_it_back(
    as_role: Any, outside: Elsewhere
) -> None:
    alice, bob = cast.owner("Alice"), cast.owner("Bob")
    request, other = ask(alice, at_once=False), ask(bob, at_once=False)
    with as_role("eraser"):
        engine.advance(clock=Clock())
    with as_role("app"), tenancy.tenant(bob.account.pk, user_id=bob.user.pk):
        withdraw(request=ErasureRequest.objects.get(id=other.id))
    told = [letters(as_role, request.requested_at + timedelta(days=days)) for days in (1, 4, 5.5, 6, 6.9)]
    assert told == [0, 0, 1, 0, 0]
    [(to, context)] = mails(as_role, "mail/erasure_reminder")
    assert to == alice.user.email
    page = alice.client.get(urlsplit(context["link"]).path)
    assert page.status_code == 200
    assert "Put everything back" in page.content.decode()


def test_a_longer_term_has_a_reason_is_told_and_comes_once(
    as_role: Any, outside: Elsewhere, hire: Hire, desk: Desk
) -> None:
    sam = hire("Sam", "support")
    alice = cast.owner("Alice")
    request = blocked(as_role, outside, alice)
    address = f"/erasures/{request.id}/"
    with desk(sam) as browser:
        assert "Two months more" in browser.get(address).content.decode()
        assert browser.post(f"{address}extend/", {"reason": "system"}).status_code == 422
        assert browser.post(f"{address}extend/", {"reason": "system", "sure": "on"}).status_code == 302
        assert browser.post(f"{address}extend/", {"reason": "many", "sure": "on"}).status_code == 302
        page = browser.get(address).content.decode()
        assert "Extend and tell the person" not in page
        assert "Term extended by two months" in page
        assert sam.name in page
        assert alice.user.name not in page
        assert alice.user.email not in page
    with as_role("worker"):
        now = ErasureRequest.objects.get(id=request.id)
        assert now.deadline == month_later(month_later(request.deadline))
        [event] = ErasureEvent.objects.filter(request=request, kind="extended")
        assert (event.reason, event.actor_id) == ("system", sam.pk)
    assert [letters(as_role, timezone.now()) for _ in range(2)] == [1, 0]
    [(to, context)] = mails(as_role, "mail/erasure_extended")
    assert to == alice.user.email
    assert "doesn't let us erase yet" in context["reason"]


def test_after_the_first_month_there_is_no_longer_term(as_role: Any, outside: Elsewhere, hire: Hire) -> None:
    sam = hire("Sam", "support")
    request = blocked(as_role, outside, cast.owner("Alice"))
    reason = ErasureEvent.Reason.COMPLEX
    person = tenancy.context(account_id=None, user_id=sam.pk)
    with as_role("staff"), transaction.atomic(), person, pytest.raises(ErasureError, match="late"):
        deadlines.extend_term(request=request, reason=reason, actor_id=sam.pk, now=request.deadline)


def test_trying_again_is_written_down_and_the_board_names_nobody(
    as_role: Any, outside: Elsewhere, hire: Hire, desk: Desk
) -> None:
    sam = hire("Sam", "support")
    alice = cast.owner("Alice")
    request = blocked(as_role, outside, alice)
    with desk(sam) as browser:
        page = browser.get("/erasures/").content.decode()
        assert request.reference in page
        assert "The system refuses us. (http_401)" in page
        assert "put them straight, and try now" in page
        table = browser.get("/erasures/overview.csv").content.decode()
        assert request.reference in table
        for text in (page, table):
            assert alice.user.email not in text
            assert alice.user.name not in text
            assert alice.account.name not in text
        assert browser.post(f"/erasures/{request.id}/retry/").status_code == 302
    with as_role("worker"):
        assert [event.actor_id for event in ErasureEvent.objects.filter(kind="retried")] == [sam.pk]
    with as_role("eraser"):
        assert engine.advance(clock=Clock()) > 0
