"""Staff see the newsletter by numbers, and can't see an address; what customers are told reaches the ledger."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import psycopg2
import pytest
from django.db import ProgrammingError
from django.test import override_settings
from django.utils import timezone

from accounts.models import Role
from accounts.services.address import swap
from billing.questions import QUESTIONS
from billing.selectors import today
from billing.services.subscriptions import set_by_staff
from newsletters import scope
from newsletters.models import Consent, Reconcile, SyncState
from newsletters.selectors import audience
from newsletters.services import customers, forgetting, subscribe
from tests import cast
from tests.newsletters.conftest import Letters
from tests.staff import Desk, Hire
from webanizr.core import tenancy
from webanizr.core.models import Outbox

pytestmark = pytest.mark.django_db(transaction=True)


def test_staff_see_numbers(hire: Hire, desk: Desk, letters: Letters, address: str) -> None:
    with override_settings(MAILING_PLATFORM="brevo"):
        subscribe.subscribe(address=address, topics=["tips"], language="nl", source="page", now=timezone.now())
        subscribe.confirm(token=letters.link("confirm", address).split("/")[-2], now=timezone.now())
    with desk(hire("Sam", "support")) as browser:
        assert 'href="/newsletter/"' in browser.get("/admin/").text
        page = browser.get("/newsletter/").text
        assert re.search(r"tips</th><td [^>]*>confirmed consent</td><td [^>]*>1</td>", page)
        assert '<dt>Brevo: waits to be sent</dt><dd class="num">1</dd>' in page
        assert address not in page
        SyncState.objects.update(state=SyncState.State.ERROR)
        assert "The platform refuses 1 person." in browser.get("/newsletter/").text
        assert browser.post("/newsletter/", {"action": "retry"}).status_code == 302
        assert SyncState.objects.get().state == SyncState.State.PENDING
    alice = cast.owner("Alice")
    assert alice.client.get("/newsletter/").status_code == 404  # no such page in the customers' service


def test_staff_release_a_comparison(
    hire: Hire,
    desk: Desk,
    as_role: Callable[[str], AbstractContextManager[Any]],
) -> None:
    with as_role("worker"):
        Reconcile.objects.create(provider="brevo", state=Reconcile.State.HELD, listed=9000)
    with desk(hire("Sam", "support")) as browser:
        assert "A comparison is held" in browser.get("/newsletter/").text
        browser.post("/newsletter/", {"action": "release"})
        assert Reconcile.objects.get().released_at is not None
        assert "A comparison is held" not in browser.get("/newsletter/").text


@pytest.mark.parametrize("table", ["contact", "consent", "suppression", "platformevent"])
def test_the_staff_login_reads_no_subscriber(role_connection: Callable[[str], Any], table: str) -> None:
    with role_connection("staff").cursor() as cursor, pytest.raises(psycopg2.errors.InsufficientPrivilege):
        cursor.execute(f"SELECT * FROM newsletters_{table}")


def pays(alice: cast.Person, plan: str = "plus") -> None:
    set_by_staff(
        account_id=alice.account.pk,
        plan=plan,
        interval="year",
        paid_until=today() + timedelta(days=300),
        actor=alice.user,
        now=today(),
    )


def contact_of(person: cast.Person) -> uuid.UUID | None:
    return scope.find(person.user.email)


def topics_of(person: cast.Person) -> tuple[str, ...]:
    contact_id = contact_of(person)
    if contact_id is None:
        return ()
    with scope.contact(contact_id):
        entry = audience([contact_id]).get(contact_id)
        return entry.topics if entry else ()


def test_the_objection_at_the_moment_of_paying(as_role: Callable[[str], AbstractContextManager[Any]]) -> None:
    alice, bob = cast.owner("Alice"), cast.owner("Bob")
    question = next(each for each in QUESTIONS if each.name == "no_newsletter")
    for person, objects in ((alice, True), (bob, False)):
        with tenancy.tenant(person.account.pk, user_id=person.user.pk):
            question.answered(person.user, objects, timezone.now())
            pays(person)
    assert (topics_of(alice), topics_of(bob)) == ((), ("news", "tips"))
    contact_id = contact_of(bob)
    assert contact_id is not None
    with scope.contact(contact_id):
        line = Consent.objects.first()
        assert line is not None
        assert (line.action, line.basis, line.source) == ("informed", "customer", "checkout")
        assert "As a customer" in line.wording or "Als klant" in line.wording


def test_paying_and_stopping_leave_a_row_in_the_same_transaction(
    as_role: Callable[[str], AbstractContextManager[Any]],
) -> None:
    alice = cast.owner("Alice")
    colleague = cast.colleague("Bob", alice, Role.EDITOR)
    pays(alice)
    with tenancy.tenant(alice.account.pk):
        assert Outbox.objects.filter(task="newsletters.tasks.follow_account").count() == 1
    assert contact_of(alice) is None
    with as_role("worker"), tenancy.tenant(alice.account.pk):
        customers.follow_account(account_id=alice.account.pk, now=timezone.now())
    assert topics_of(alice) == ("news", "tips")
    assert contact_of(colleague) is None  # no contract, no newsletter
    pays(alice, "free")
    assert topics_of(alice) == ()


def test_who_no_longer_pays_and_said_nothing_is_forgotten(
    as_role: Callable[[str], AbstractContextManager[Any]],
) -> None:
    alice = cast.owner("Alice")
    pays(alice)
    now = timezone.now()
    with as_role("worker"):
        customers.adopt_all(now=now)
    with as_role("eraser"):
        assert not any(forgetting.tidy(now=now + timedelta(days=31)).values())
    pays(alice, "free")
    with as_role("eraser"):
        assert sum(forgetting.tidy(now=now + timedelta(days=31)).values()) == 1
    assert contact_of(alice) is None


def test_an_objection_goes_along_to_a_new_address(as_role: Callable[[str], AbstractContextManager[Any]]) -> None:
    alice = cast.owner("Alice")
    pays(alice)
    with as_role("worker"), tenancy.tenant(alice.account.pk):
        customers.follow_account(account_id=alice.account.pk, now=timezone.now())
    old = contact_of(alice)
    assert old is not None
    subscribe.unsubscribe(contact_id=old, topics=["news"], source="settings", now=timezone.now())
    with tenancy.tenant(alice.account.pk, user_id=alice.user.pk):
        swap(email=f"new-{alice.user.email}", actor=alice.user)
    with as_role("worker"), tenancy.tenant(tenancy.PLATFORM_ACCOUNT):
        assert Outbox.objects.filter(task="newsletters.tasks.follow_person").exists()
        customers.follow_person(user=alice.user, now=timezone.now())
    assert topics_of(alice) == ("tips",)
    with scope.contact(old):
        assert audience([old]) == {}
    with tenancy.tenant(alice.account.pk, user_id=alice.user.pk):
        swap(email=alice.user.email.removeprefix("new-"), actor=alice.user)
    with as_role("worker"):
        customers.follow_person(user=alice.user, now=timezone.now())
    assert topics_of(alice) == ("tips",)  # there and back changes nothing


def test_unknown_customers_are_adopted_at_night(as_role: Callable[[str], AbstractContextManager[Any]]) -> None:
    people = [cast.owner(name) for name in ("Alice", "Bob", "Charlie")]
    for person in people[:2]:
        pays(person)
    with as_role("worker"):
        assert customers.adopt_all(now=timezone.now()) == 2
        assert customers.adopt_all(now=timezone.now()) == 0
    assert [topics_of(person) for person in people] == [("news", "tips"), ("news", "tips"), ()]


def test_what_has_had_its_time_is_deleted_by_the_eraser_alone(
    as_role: Callable[[str], AbstractContextManager[Any]], letters: Letters, address: str
) -> None:
    now = timezone.now()
    asked, stopped, stays = (f"{name}-{address}" for name in ("asked", "stopped", "stays"))
    for each in (asked, stopped, stays):
        subscribe.subscribe(address=each, topics=["tips"], language="nl", source="page", now=now)
    for each in (stopped, stays):
        subscribe.confirm(token=letters.link("confirm", each).split("/")[-2], now=now)
    contact_id = scope.find(stopped)
    assert contact_id is not None
    subscribe.unsubscribe(contact_id=contact_id, source="mail", now=now)
    with as_role("eraser"):
        assert forgetting.tidy(now=now + timedelta(days=6)) == {"unconfirmed": 0, "withdrawn": 0, "lapsed": 0}
        assert forgetting.tidy(now=now + timedelta(days=8)) == {"unconfirmed": 1, "withdrawn": 0, "lapsed": 0}
        assert forgetting.tidy(now=now + timedelta(days=31)) == {"unconfirmed": 0, "withdrawn": 1, "lapsed": 0}
    assert [scope.find(each) is not None for each in (asked, stopped, stays)] == [False, False, True]
    with as_role("app"), pytest.raises(ProgrammingError, match="permission denied"):
        forgetting.delete([contact_id])
