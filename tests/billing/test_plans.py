"""Which plan counts, who pays, and that staff set both by hand under their own login (promise 03)."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import product

import pytest
from django.db import DatabaseError, connection, transaction

from billing import paying
from billing.models import Subscription
from billing.plans import BUSINESS, FREE, PLANS, PLUS
from billing.selectors import effective_plan, is_paying, limits_of, plan_of, today
from billing.services.subscriptions import set_by_staff
from tests.cast import Person, owner
from tests.staff import Desk, Hire
from webanizr.core import tenancy
from webanizr.core.models import Outbox

pytestmark = pytest.mark.django_db
State = Subscription.State


def test_a_new_account_is_free() -> None:
    charlie = owner("Charlie")
    with tenancy.tenant(charlie.account.pk):
        assert plan_of(charlie.account.pk) is FREE
        assert limits_of(charlie.account.pk).sites == 1
        assert not Subscription.objects.exists()


def test_larger_plans_allow_at_least_as_much() -> None:
    for lower, higher in zip(list(PLANS.values()), list(PLANS.values())[1:], strict=False):
        assert all(getattr(higher.limits, k) >= v for k, v in vars(lower.limits).items())
        assert 0 <= lower.month_cents < higher.month_cents
        assert higher.year_cents == 10 * higher.month_cents, "two months free"


@pytest.mark.parametrize("state", State.values)
def test_only_active_and_past_due_give_the_plan(state: str) -> None:
    subscription = Subscription(plan="business", state=state)
    expected = BUSINESS if state in ("active", "past_due") else FREE
    assert effective_plan(subscription) is expected


def test_sql_and_python_agree_on_who_pays() -> None:
    days = [None, *(today() + timedelta(days=n) for n in (-30, -4, -3, -2, 0, 1, 300))]
    seen = set()
    for state, cents, until in product(State.values, (0, 1200), days):
        with connection.cursor() as cursor:
            cursor.execute("SELECT billing_is_paying(%s, %s, %s)", [state, cents, until])
            answer = cursor.fetchone()[0]
        subscription = Subscription(plan="plus", state=state, net_cents=cents, paid_until=until)
        assert is_paying(subscription) == answer, (state, cents, until)
        seen.add(answer)
    assert seen == {True, False}


def test_going_paid_and_free_again_tells_listeners_in_the_same_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paying, "LISTENERS", ["newsletters.tasks.example"])
    alice = owner("Alice")

    def rows() -> int:
        with tenancy.tenant(alice.account.pk):
            return Outbox.objects.filter(task="newsletters.tasks.example").count()

    def put_on(plan: str, until: date | None) -> None:
        set_by_staff(
            account_id=alice.account.pk, plan=plan, interval="month", paid_until=until, actor=alice.user, now=today()
        )

    put_on("plus", today() + timedelta(days=30))
    assert rows() == 1
    put_on("plus", today() + timedelta(days=60))
    assert rows() == 1, "nothing that listeners care about has changed"
    put_on("free", None)
    assert rows() == 2
    with transaction.atomic():
        put_on("plus", today() + timedelta(days=30))
        transaction.set_rollback(True)
    assert rows() == 2, "rolled back together with the change"


def test_another_account_has_nothing_to_do_with_it() -> None:
    alice, charlie = owner("Alice"), owner("Charlie")
    put_on_plus(alice)
    with tenancy.tenant(charlie.account.pk):
        assert not Subscription.objects.exists()
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            Subscription.objects.create(account_id=alice.account.pk)


def put_on_plus(someone: Person) -> Subscription:
    return set_by_staff(
        account_id=someone.account.pk,
        plan="plus",
        interval="year",
        paid_until=today() + timedelta(days=365),
        actor=someone.user,
        now=today(),
    )


@pytest.mark.django_db(transaction=True)
def test_staff_set_a_plan_by_hand(hire: Hire, desk: Desk) -> None:
    alice = owner("Alice")
    add = "/admin/billing/subscription/add/"
    with desk(hire("Sam", "billing")) as browser:
        assert alice.account.name in browser.get(add).text
        words = {"customer": str(alice.account.pk), "plan": "plus", "interval": "month", "paid_until": ""}
        assert "Say until which day" in browser.post(add, words).text
        words["paid_until"] = (today() + timedelta(days=30)).isoformat()
        assert browser.post(add, words).status_code == 302
        found = Subscription.objects.get()
        assert browser.get(f"/admin/billing/subscription/{found.pk}/change/").status_code == 200
    with tenancy.tenant(alice.account.pk):
        assert plan_of(alice.account.pk) is PLUS
        assert is_paying(Subscription.objects.get())
