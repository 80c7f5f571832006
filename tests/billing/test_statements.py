"""What a statement's lines pay: matched by reference, suggested by number and amount, never by amount alone."""

from __future__ import annotations

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from billing import purpose
from billing.models import BankStatement, Refund, Subscription
from billing.selectors import open_cents
from billing.services import statements, together
from billing.services.errors import BillingError
from billing.statements import StatementError
from tests.billing.bank import DAY, MT940, Sam, one, states, with_open_invoice
from tests.billing.working import AsRole, camt, inside, noon, work
from tests.staff import Hire

pytestmark = pytest.mark.django_db(transaction=True)
LINES = 3_000  # in a large file; the bench reads 10,000


def test_number_and_exact_amount_are_a_suggestion_that_a_person_accepts(as_role: AsRole, sam: Sam) -> None:
    alice, invoice = with_open_invoice(as_role)
    found = sam.reads(one(cents=35_090, text=f"factuur {invoice.number}"))
    assert (found.matched, found.suggested, found.unmatched) == (0, 1, 0)
    (waiting,) = sam.does(statements.queue)
    assert waiting.targets == [(invoice.number, 35_090)]
    assert waiting.name == "Alice"
    with inside(alice):
        assert open_cents(invoice) == 35_090, "nothing is booked before somebody said so"
    sam.does(statements.assign, line_id=waiting.line.id, targets=[])
    work(as_role, on=DAY)
    with inside(alice):
        assert open_cents(invoice) == 0


@pytest.mark.parametrize("text", ["", "factuur", "WB-2026-0009", "BV-2026-0001", "Bakkerij Alice"])
def test_an_amount_alone_never_means_anything(as_role: AsRole, sam: Sam, text: str) -> None:
    with_open_invoice(as_role)
    found = sam.reads(one(cents=35_090, text=text, name="Alice"))
    assert (found.matched, found.suggested, found.unmatched) == (0, 0, 1)


def test_a_number_with_another_amount_is_no_suggestion(as_role: AsRole, sam: Sam) -> None:
    _alice, invoice = with_open_invoice(as_role)
    assert sam.reads(one(cents=35_089, text=invoice.number)).unmatched == 1


def test_one_transfer_pays_invoices_of_two_customers(as_role: AsRole, sam: Sam) -> None:
    alice, first = with_open_invoice(as_role)
    charlie, second = with_open_invoice(as_role, "Charlie")
    sam.reads(one(cents=70_180, text=f"{first.rf} en {second.rf}"))
    for someone, invoice in ((alice, first), (charlie, second)):
        with inside(someone):
            assert open_cents(invoice) == 0
            assert not Refund.objects.exists()
    assert states(as_role) == ["booked"]


def test_a_person_splits_a_transfer_and_the_rest_goes_back(as_role: AsRole, sam: Sam) -> None:
    alice, first = with_open_invoice(as_role)
    charlie, second = with_open_invoice(as_role, "Charlie")
    sam.reads(one(cents=50_000, text="twee facturen"))
    (waiting,) = sam.does(statements.queue)
    parts = [(first.number, 10_000), (second.number, None)]
    for wrong in ([("WB-2026-0099", None)], [(first.number, 50_001)], [(first.number, -5)], []):
        with pytest.raises(BillingError):
            sam.does(statements.assign, line_id=waiting.line.id, targets=wrong)
    sam.does(statements.assign, line_id=waiting.line.id, targets=parts)
    work(as_role, on=DAY)
    with inside(alice):
        assert open_cents(first) == 25_090
    with inside(charlie):
        assert open_cents(second) == 0
        assert Refund.objects.get().cents == 50_000 - 10_000 - 35_090
    with pytest.raises(BillingError, match="al afgehandeld"):
        sam.does(statements.ignore, line_id=waiting.line.id)


def test_two_equal_transfers_on_one_day_are_two(as_role: AsRole, sam: Sam) -> None:
    same = one(cents=7_260, text="x", bank_ref="")
    assert sam.reads(same, same).unmatched == 2
    assert states(as_role) == ["unmatched", "unmatched"]


def test_files_that_overlap_book_a_line_once(as_role: AsRole, sam: Sam) -> None:
    first, second, third = (one(text=f"line {n}", bank_ref=f"B{n}") for n in range(3))
    opening = sam.balance
    sam.reads(first, second)
    data = camt([first, second, third], on=DAY, name="week", opening=opening)
    found = sam.does(statements.import_statement, data=data, now=noon(DAY))
    assert (found.known, found.unmatched) == (2, 1)
    assert len(states(as_role)) == 3


def test_the_same_statement_again_or_in_another_format_books_nothing(as_role: AsRole, sam: Sam) -> None:
    data = camt([one(text="x", cents=14_520), {"cents": -1000}], on=DAY, opening=1_820_411)
    sam.does(statements.import_statement, data=data, now=noon(DAY))
    for again in (data, MT940.encode()):
        with pytest.raises(StatementError, match="niets dubbel"):
            sam.does(statements.import_statement, data=again, now=noon(DAY))
    assert len(states(as_role)) == 2


def test_only_billing_staff_read_statements(as_role: AsRole, hire: Hire) -> None:
    helper = hire("Hugo", "support")
    with as_role("staff"), pytest.raises(Exception, match="row-level security"):
        statements.import_statement(data=camt([one()], on=DAY), actor=helper, now=noon(DAY))
    with as_role("staff"):
        assert statements.queue(actor=helper) == []


def test_thousands_of_lines_are_read_in_one_go(as_role: AsRole, sam: Sam) -> None:
    """The time is the bench's business; here, that nothing is lost on the way."""
    lines = [one(cents=1 + n, text=f"regel {n}", bank_ref=f"B{n}") for n in range(LINES)]
    data = camt(lines, on=DAY)
    found = sam.does(statements.import_statement, data=data, now=noon(DAY))
    assert (found.unmatched, found.known) == (LINES, 0)
    with as_role("worker"), transaction.atomic(), purpose.billing():
        stored = BankStatement.objects.get()
        assert stored.in_cents == sum(line["cents"] for line in lines) == stored.closing_cents - stored.opening_cents


def test_lines_that_pay_one_invoice_exactly_are_booked_together(as_role: AsRole, sam: Sam) -> None:
    """A handful of statements for all of them; what is split, too much, too little or paid twice goes one by one."""
    people = [with_open_invoice(as_role, f"Klant{n}") for n in range(4)]
    (_a, exact), (_b, twice), (_c, part), (_d, last) = people
    lines = [
        one(cents=35_090, text=exact.rf),
        one(cents=35_090, text=twice.rf, bank_ref="T1"),
        one(cents=35_090, text=twice.rf, bank_ref="T2"),
        one(cents=10_000, text=part.rf),
        one(cents=35_090, text=last.rf),
    ]
    found = sam.reads(*lines, booked=False)
    with as_role("worker"), CaptureQueriesContext(connection) as asked:
        booked = together.book_exact(found.statement.id)
    assert booked == 3
    assert len(asked) < 25, "of which none is per line"
    work(as_role, on=DAY)
    assert sorted(states(as_role)) == ["booked"] * 5
    for (someone, invoice), left in zip(people, (0, 0, 25_090, 0), strict=True):
        with inside(someone) as account_id:
            assert open_cents(invoice) == left
            current = Subscription.objects.get(account_id=account_id)
            assert (current.paid_until == invoice.period_end) is (left == 0), "the subscription follows"
    with inside(people[1][0]):
        assert Refund.objects.get().cents == 35_090, "what came twice goes back"
    with as_role("worker"):
        assert together.book_exact(found.statement.id) == 0, "again books nothing"
