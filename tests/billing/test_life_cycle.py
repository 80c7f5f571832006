"""From free to paid and back: request, payment, invoice, upgrade, cancellation, arrears, withdrawal (promise 04)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from billing.models import Allocation, BankLine, Invoice, PaymentRequest, Refund, Subscription
from billing.selectors import invoices_of, is_paying, plan_of
from billing.services import subscriptions
from billing.services.errors import BillingError
from billing.services.statements import import_statement
from tests.billing.working import (
    CONSUMER,
    AsRole,
    buy,
    camt,
    inside,
    nightly,
    noon,
    profile,
    request_of,
    subscription,
    work,
)
from tests.cast import Person, owner
from tests.staff import Hire
from webanizr.core.models import Mail

pytestmark = pytest.mark.django_db(transaction=True)
State = Subscription.State
DAY = date(2026, 3, 31)


class Bank:
    """Transfers to our account, read in by Sam of billing, and booked by the worker."""

    def __init__(self, as_role: AsRole, sam: Any) -> None:
        self.as_role, self.sam, self.count, self.balance = as_role, sam, 0, 100_000

    def pays(self, cents: int, *, on: date, text: str = "", ref: str = "") -> None:
        self.count += 1
        line = {"cents": cents, "text": text, "ref": ref}
        data = camt([line], on=on, name=f"S{self.count}", opening=self.balance)
        self.balance += cents
        with self.as_role("staff"):
            import_statement(data=data, actor=self.sam, now=noon(on))
        work(self.as_role, on=on)


@pytest.fixture
def bank(as_role: AsRole, hire: Hire) -> Bank:
    return Bank(as_role, hire("Sam", "billing"))


def customer(as_role: AsRole, bank: Bank, *, interval: str = "year", plan: str = "plus", **more: str) -> Person:
    """Somebody who bought and paid on DAY."""
    alice = owner("Alice")
    profile(alice, **more)
    request = buy(alice, now=DAY, interval=interval, plan=plan)
    bank.pays(request.gross_cents, on=DAY, ref=request.rf)
    return alice


def test_paying_the_request_starts_the_plan_and_issues_the_invoice(as_role: AsRole, bank: Bank) -> None:
    alice = owner("Alice")
    profile(alice)
    request = buy(alice, now=DAY)
    assert subscription(alice).state == State.PENDING
    assert request.gross_cents == 14_520
    with inside(alice) as account_id:
        assert plan_of(account_id).code == "free", "nothing starts before the money is in"
        assert not Invoice.objects.exists(), "a request spends no number"
    bank.pays(14_520, on=DAY + timedelta(days=3), text=f"betaling {request.rf[:7]} \n {request.rf[7:]}")
    with inside(alice) as account_id:
        (row,) = invoices_of(account_id)
        assert plan_of(account_id).code == "plus"
    invoice = row.invoice
    assert (row.open_cents, invoice.number, invoice.gross_cents) == (0, "WB-2026-0001", 14_520)
    assert (invoice.paid_on, invoice.issued_on) == (DAY + timedelta(days=3),) * 2
    assert invoice.buyer["name"] == "Bakkerij Jansen V.O.F."
    found = subscription(alice)
    assert (found.period_end, found.paid_until) == (date(2027, 4, 3), date(2027, 4, 3))
    assert is_paying(found, on=DAY + timedelta(days=4))
    assert request_of(alice).state == PaymentRequest.State.PAID
    assert invoice.pdf_key
    assert invoice.sent_at


def test_paying_less_waits_and_paying_more_goes_back(as_role: AsRole, bank: Bank) -> None:
    alice = owner("Alice")
    profile(alice)
    request = buy(alice, now=DAY)
    bank.pays(10_000, on=DAY, ref=request.rf)
    assert subscription(alice).state == State.PENDING
    bank.pays(5_000, on=DAY, ref=request.rf)
    assert subscription(alice).state == State.ACTIVE
    with inside(alice):
        refund = Refund.objects.get()
        assert (refund.cents, refund.reason, refund.state) == (480, "overpaid", "open")
        assert sum(Allocation.objects.values_list("cents", flat=True)) == 14_520


def test_a_request_that_nobody_pays_expires_and_still_knows_a_late_payment(as_role: AsRole, bank: Bank) -> None:
    alice = owner("Alice")
    profile(alice)
    request = buy(alice, now=DAY)
    nightly(as_role, DAY + timedelta(days=14))
    assert subscription(alice).state == State.PENDING, "the fourteenth day counts"
    nightly(as_role, DAY + timedelta(days=15))
    assert subscription(alice).state == State.FREE
    bank.pays(14_520, on=DAY + timedelta(days=20), ref=request.rf)
    assert subscription(alice).state == State.ACTIVE


def test_paying_twice_gives_the_second_back(as_role: AsRole, bank: Bank) -> None:
    alice = customer(as_role, bank)
    bank.pays(14_520, on=DAY, ref=request_of(alice).rf)
    with inside(alice):
        assert [r.cents for r in Refund.objects.all()] == [14_520]
        assert Invoice.objects.count() == 1


def test_a_larger_plan_starts_at_once_and_takes_off_the_unused_days(as_role: AsRole, bank: Bank) -> None:
    alice = customer(as_role, bank, interval="month")  # 31 March to 30 April: 30 days
    day = date(2026, 4, 10)
    subscriptions.upgrade(account_id=alice.account.pk, plan="business", interval="month", actor=alice.user, now=day)
    work(as_role, on=day)
    with inside(alice) as account_id:
        assert plan_of(account_id).code == "business"
        row = invoices_of(account_id)[0]
    lines = row.invoice.lines
    assert [line["net_cents"] for line in lines] == [2900, -800], "20 of 30 days of 12 euros"
    assert row.invoice.net_cents == 2100
    assert row.open_cents == row.invoice.gross_cents == 2541
    assert subscription(alice).anchor_day == 10
    bank.pays(2541, on=day, ref=row.invoice.rf)
    assert subscription(alice).paid_until == date(2026, 5, 10)


def test_a_smaller_plan_and_another_interval_wait_for_the_period_and_can_be_taken_back(
    as_role: AsRole, bank: Bank
) -> None:
    alice = customer(as_role, bank, plan="business", interval="month")
    who: dict[str, Any] = {"account_id": alice.account.pk, "actor": alice.user, "now": DAY}
    subscriptions.schedule(plan="plus", interval="year", **who)
    assert subscription(alice).plan == "business"
    subscriptions.resume(**who)
    assert subscription(alice).next_plan == ""
    subscriptions.schedule(plan="plus", interval="year", **who)
    nightly(as_role, date(2026, 4, 25))
    with inside(alice) as account_id:
        ahead = invoices_of(account_id)[0]
        assert ahead.invoice.net_cents == 12_000
        assert ahead.invoice.due_on == date(2026, 4, 30)
    nightly(as_role, date(2026, 4, 30))
    found = subscription(alice)
    assert (found.plan, found.interval, found.period_end) == ("plus", "year", date(2027, 4, 30))
    assert found.anchor_day == 31
    bank.pays(ahead.invoice.gross_cents, on=date(2026, 5, 1), ref=ahead.invoice.rf)
    assert subscription(alice).paid_until == date(2027, 4, 30)


def test_changing_ones_mind_after_the_next_invoice_credits_it(as_role: AsRole, bank: Bank) -> None:
    alice = customer(as_role, bank, interval="month")
    nightly(as_role, date(2026, 4, 25))
    who: dict[str, Any] = {"account_id": alice.account.pk, "actor": alice.user, "now": date(2026, 4, 26)}
    subscriptions.cancel(**who)
    work(as_role, on=date(2026, 4, 26))
    with inside(alice) as account_id:
        note, ahead, _first = invoices_of(account_id)
        assert (note.invoice.kind, note.open_cents, ahead.open_cents) == ("credit", 0, 0)
        assert not Refund.objects.exists(), "the credit of an unpaid invoice is no money"
    subscriptions.resume(**who)
    nightly(as_role, date(2026, 4, 27))
    with inside(alice) as account_id:
        assert invoices_of(account_id)[0].open_cents == 1452, "a new invoice of the same period"


def test_cancelling_keeps_the_plan_until_the_period_ends(as_role: AsRole, bank: Bank) -> None:
    alice = customer(as_role, bank, interval="month")
    subscriptions.cancel(account_id=alice.account.pk, actor=alice.user, now=DAY)
    nightly(as_role, date(2026, 4, 29))
    assert subscription(alice).state == State.ACTIVE
    nightly(as_role, date(2026, 4, 30))
    assert subscription(alice).state == State.FREE
    with inside(alice) as account_id:
        assert plan_of(account_id).code == "free"
        assert len(invoices_of(account_id)) == 1


def test_a_consumer_withdraws_within_fourteen_days_and_gets_everything_back(as_role: AsRole, bank: Bank) -> None:
    alice = customer(as_role, bank, **CONSUMER)
    day = DAY + timedelta(days=14)
    subscriptions.withdraw(account_id=alice.account.pk, actor=alice.user, now=day)
    work(as_role, on=day)
    with inside(alice) as account_id:
        note, invoice = invoices_of(account_id)
        assert note.invoice.gross_cents == invoice.invoice.gross_cents
        refund = Refund.objects.get()
        assert (refund.cents, refund.reason) == (14_520, "withdrawal")
        assert refund.due_on == day + timedelta(days=14)
        assert plan_of(account_id).code == "free"


@pytest.mark.parametrize(("who", "days"), [({}, 1), (CONSUMER, 15)])
def test_a_business_or_a_late_consumer_can_not_withdraw(
    as_role: AsRole, bank: Bank, who: dict[str, str], days: int
) -> None:
    alice = customer(as_role, bank, **who)
    with pytest.raises(BillingError, match="14"):
        subscriptions.withdraw(account_id=alice.account.pk, actor=alice.user, now=DAY + timedelta(days=days))
    assert subscription(alice).state == State.ACTIVE


def test_a_consumer_leaves_within_a_month_after_the_first_term_and_gets_the_rest_back(
    as_role: AsRole, bank: Bank
) -> None:
    alice = customer(as_role, bank, **CONSUMER)
    nightly(as_role, date(2027, 3, 20))
    with inside(alice) as account_id:
        renewal = invoices_of(account_id)[0].invoice
    bank.pays(renewal.gross_cents, on=date(2027, 3, 30), ref=renewal.rf)
    nightly(as_role, date(2027, 3, 31))
    day = date(2027, 6, 15)
    nightly(as_role, day)
    subscriptions.cancel(account_id=alice.account.pk, actor=alice.user, now=day)
    assert subscription(alice).ends_on == date(2027, 7, 15)
    nightly(as_role, date(2027, 7, 15))
    with inside(alice) as account_id:
        note = invoices_of(account_id)[0].invoice
        days = (date(2028, 3, 31) - date(2027, 7, 15)).days
        assert note.kind == "credit"
        assert abs(note.net_cents - 12_000 * days / 366) <= 0.5
        assert Refund.objects.get().cents == note.gross_cents
        assert Refund.objects.get().state == "needs_iban", "the payer's account was forgotten after 30 days"
        assert plan_of(account_id).code == "free"


def test_who_does_not_pay_is_reminded_suspended_and_ended_and_nothing_is_deleted(as_role: AsRole, bank: Bank) -> None:
    alice = owner("Alice")
    profile(alice)
    assert buy(alice, now=DAY, plan="business", terms=True) is None
    work(as_role, on=DAY)
    with inside(alice) as account_id:
        invoice = invoices_of(account_id)[0].invoice
        assert plan_of(account_id).code == "business", "a business may pay within the term"
    assert not is_paying(subscription(alice), on=DAY), "but it is no paying customer before it paid"
    due = invoice.due_on
    bank.pays(1, on=due + timedelta(days=1), text="rente")  # a statement: now we know that it is unpaid
    seen = {}
    for days in (2, 3, 29, 30, 59, 60):
        nightly(as_role, due + timedelta(days=days))
        seen[days] = subscription(alice).state
    assert seen == {
        2: State.ACTIVE,
        3: State.PAST_DUE,
        29: State.PAST_DUE,
        30: State.SUSPENDED,
        59: State.SUSPENDED,
        60: State.FREE,
    }
    with inside(alice) as account_id:
        note, first = invoices_of(account_id)
        used = (due + timedelta(days=30) - DAY).days
        assert note.invoice.kind == "credit"
        assert abs(first.invoice.net_cents - note.invoice.net_cents - 29_000 * used / 365) <= 0.5
        assert first.open_cents > 0, "what was used is still owed"
        assert not Refund.objects.exists()


def test_paying_late_brings_a_suspended_plan_back(as_role: AsRole, bank: Bank) -> None:
    alice = owner("Alice")
    profile(alice)
    buy(alice, now=DAY, plan="business", terms=True)
    work(as_role, on=DAY)
    with inside(alice) as account_id:
        invoice = invoices_of(account_id)[0].invoice
    late = invoice.due_on + timedelta(days=31)
    nightly(as_role, late)
    assert subscription(alice).state == State.SUSPENDED
    bank.pays(invoice.gross_cents, on=late, ref=invoice.rf)
    assert subscription(alice).state == State.ACTIVE
    assert is_paying(subscription(alice), on=late)


def test_who_leaves_while_on_hold_owes_the_days_that_were_given_only(as_role: AsRole, bank: Bank) -> None:
    alice = owner("Alice")
    profile(alice)
    buy(alice, now=DAY, plan="business", terms=True)
    work(as_role, on=DAY)
    with inside(alice) as account_id:
        due = invoices_of(account_id)[0].invoice.due_on
    nightly(as_role, due + timedelta(days=30))
    assert subscription(alice).state == State.SUSPENDED
    left = due + timedelta(days=40)
    subscriptions.cancel(account_id=alice.account.pk, actor=alice.user, now=left)
    work(as_role, on=left)
    with inside(alice) as account_id:
        note, first = invoices_of(account_id)
        used = (due + timedelta(days=30) - DAY).days
        assert note.invoice.kind == "credit"
        assert abs(first.invoice.net_cents - note.invoice.net_cents - 29_000 * used / 365) <= 0.5
        assert first.open_cents > 0
    with as_role("worker"), inside(alice):
        told = Mail.objects.filter(template__startswith="mail/plan_").values_list("template", flat=True)
        assert sorted(told) == ["mail/plan_ended", "mail/plan_suspended"]


def test_a_plan_by_hand_needs_details_for_the_invoice_before_it_grows() -> None:
    alice = owner("Alice")
    subscriptions.set_by_staff(
        account_id=alice.account.pk,
        plan="plus",
        interval="year",
        paid_until=DAY + timedelta(days=365),
        actor=alice.user,
        now=DAY,
    )
    with pytest.raises(BillingError, match="op de factuur"):
        subscriptions.upgrade(account_id=alice.account.pk, plan="business", interval="year", actor=alice.user, now=DAY)
    assert alice.client.get("/subscription/change/business/").headers["Location"] == "/subscription/details/"
    assert alice.client.get("/subscription/details/").status_code == 200


def test_lines_that_were_booked_stay_booked(as_role: AsRole, bank: Bank) -> None:
    customer(as_role, bank)
    with as_role("worker"):
        from django.db import transaction

        from billing import purpose

        with transaction.atomic(), purpose.billing():
            assert list(BankLine.objects.values_list("state", flat=True)) == [BankLine.State.BOOKED]
