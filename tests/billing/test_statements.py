"""Bank statements: whole or not at all; matched by reference, suggested by number and amount, never by amount alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum import iso11649

from accounts.models import User
from billing import purpose
from billing.models import BankLine, BankStatement, Invoice, Refund, Subscription
from billing.references import find_rf, make_rf
from billing.selectors import invoices_of, open_cents
from billing.services import refunds, statements, together
from billing.services.errors import BillingError
from billing.services.retention import purge_payers
from billing.statements import StatementError, read
from tests.billing.working import AsRole, buy, camt, inside, noon, profile, request_of, work
from tests.cast import Person, owner
from tests.staff import Hire

DAY = date(2026, 3, 31)
LINES = 3_000  # in a large file; the bench reads 10,000
IBAN = "NL91ABNA0417164300"
RF = make_rf("BV20260417")
MT940 = """{1:F01ABNANL2AXXXX0000000000}{2:I940ABNANL2AXXXXN}{4:
:20:ABN AMRO BANK NV
:25:NL91ABNA0417164300
:28C:09001/1
:60F:C260330EUR18204,11
:61:2603310331C145,20NTRFNONREF//B1234567
:86:/TRTP/SEPA OVERBOEKING/IBAN/NL20INGB0001234567/BIC/INGBNL2A/NAME/L KU
IPER/REMI/RF54BV2026
0417/EREF/NOTPROVIDED
:61:2603310331D10,00NTRFNONREF//B1234568
:86:/TRTP/SEPA/NAME/BANK/REMI/kosten/SUM/1/
:62F:C260331EUR18339,31
-}
"""


def one(**values: Any) -> dict[str, Any]:
    return {"cents": 14_520} | values


def test_camt_is_read_with_every_way_of_writing_a_reference() -> None:
    data = camt([one(ref=RF), one(text=f"{RF[:6]} \n{RF[6:]}"), {"cents": -500, "text": "kosten"}], on=DAY)
    statement = read(data)
    statement.check(iban=IBAN)
    first, second, cost = statement.entries
    assert (first.refs, first.cents, first.iban, first.name) == ((RF,), 14_520, "NL20INGB0001234567", "Alice")
    assert RF in find_rf(second.text)
    assert cost.cents == -500
    assert (statement.opening_cents, statement.closing_cents) == (100_000, 128_540)


def test_mt940_is_read_with_its_broken_reference_and_glued_summary() -> None:
    statement = read(MT940.encode())
    statement.check(iban=IBAN)
    paid, cost = statement.entries
    assert RF in find_rf(paid.text)
    assert (paid.iban, paid.name, paid.cents) == ("NL20INGB0001234567", "L KUIPER", 14_520)
    assert cost.cents == -1000
    assert "SUM" not in cost.text


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("rf54 bv20 2604 17", True),
        (f"factuur {RF} bedankt", True),
        (f"{RF}BEDANKT", True),
        ("R F 5 4 B V 2 0 2 6 0 4 1 7", True),
        (RF.replace("54", "55"), False),
        ("BV-2026-0417", False),
        ("", False),
    ],
)
def test_a_reference_is_found_however_it_is_written(text: str, found: bool) -> None:
    assert (RF in find_rf(text)) is found


def batch() -> bytes:
    """One booking of two transfers, as some banks write them."""
    data = camt([one(cents=3_000)], on=DAY).decode()
    part = data[data.index("<TxDtls>") : data.index("</TxDtls>") + 9]
    halves = [part.replace("<Refs>", f"<Amt Ccy='EUR'>{amount}</Amt><Refs>", 1) for amount in ("10.00", "20.00")]
    return data.replace(part, "".join(halves)).encode()


@settings(deadline=None)
@given(st.from_regex(r"RF[0-9]{2}[A-Z0-9]{1,23}", fullmatch=True), st.text("A0Z9", max_size=4))
def test_what_is_found_is_what_the_standard_calls_valid(words: str, more: str) -> None:
    ours = make_rf(words[4:12])
    for text in (words, ours + more):
        valid = [text[:size] for size in range(min(len(text), 25), 4, -1) if iso11649.is_valid(text[:size])]
        assert [rf for rf in find_rf(text) if text.startswith(rf)] == valid
    assert ours in find_rf(f"betaling {ours} {more}")


def test_a_batch_is_split_only_when_its_parts_add_up() -> None:
    assert [entry.cents for entry in read(batch()).entries] == [1000, 2000]
    assert [entry.cents for entry in read(batch().replace(b">20.00<", b">21.00<")).entries] == [3000]


def test_pending_entries_are_in_no_balance_and_do_not_count() -> None:
    data = camt([one()], on=DAY)
    pending = data[data.index(b"<Ntry>") : data.index(b"</Ntry>") + 7].replace(b"BOOK", b"PDNG")
    statement = read(data.replace(b"</Stmt>", pending + b"</Stmt>"))
    statement.check(iban=IBAN)
    assert len(statement.entries) == 1


GOOD = camt([one(ref=RF)], on=DAY)
BAD: dict[str, tuple[bytes, str]] = {
    "another account": (camt([one()], on=DAY, iban="NL20INGB0001234567"), "eindigt op 4567"),
    "doesn't add up": (camt([one()], on=DAY, closing=114_521), "€ 0,01 verschil"),
    "a line is missing": (GOOD[: GOOD.index(b"<Ntry>")] + GOOD[GOOD.index(b"</Ntry>") + 7 :], "€ 145,20 verschil"),
    "cut off": (GOOD[: len(GOOD) // 2], "afgebroken"),
    "cut off before the end": (GOOD[:-20], "afgebroken"),
    "a decimal comma": (GOOD.replace(b"145.20", b"145,20"), "niet te lezen"),
    "no amount": (GOOD.replace(b">145.20<", b"><"), "niet te lezen"),
    "an amount of nothing": (camt([one(cents=0)], on=DAY), "geen bedrag"),
    "three decimals": (GOOD.replace(b"145.20", b"145.205"), "kan niet kloppen"),
    "a negative amount": (GOOD.replace(b">145.20<", b">-145.20<"), "kan niet kloppen"),
    "dollars": (GOOD.replace(b"'EUR'>145", b"'USD'>145"), "niet in euro"),
    "no side": (GOOD.replace(b"<CdtDbtInd>CRDT</CdtDbtInd><Sts>", b"<Sts>"), "bij of af"),
    "no balance": (GOOD.replace(b"CLBD", b"XXXX"), "eindsaldo ontbreekt"),
    "a bad date": (GOOD.replace(b"<BookgDt><Dt>2026", b"<BookgDt><Dt>20x6"), "datum"),
    "another XML": (b"<html><body>Inloggen</body></html>", "geen CAMT.053"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "geen CAMT.053"),
    "a zip": (b"PK\x03\x04" + b"\0" * 50, "zip"),
    "nothing": (b"", "geen CAMT.053"),
    "an entity": (
        GOOD.replace(b"<Document", b"<!DOCTYPE d [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><Document", 1).replace(
            b"<Nm>Alice", b"<Nm>&x;"
        ),
        "",
    ),
    "MT940 that doesn't add up": (MT940.replace("18339,31", "18339,30").encode(), "€ 0,01 verschil"),
    "MT940 cut off": (MT940[: MT940.index(":62F")].encode(), "eindsaldo ontbreekt"),
    "MT940 with a line that can't be read": (
        MT940.replace(":61:2603310331C145,20", ":61:XXXX").encode(),
        "CAMT.053",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_says_what_is_wrong(name: str) -> None:
    data, words = BAD[name]
    if name == "an entity":
        assert all("root:" not in entry.name for entry in read(data).entries), "no file is read in"
        return
    with pytest.raises(StatementError, match=words):
        read(data).check(iban=IBAN)


# --- booking


class Sam:
    """Sam of billing, with statements to read in."""

    def __init__(self, as_role: AsRole, user: User) -> None:
        self.as_role, self.user, self.count, self.balance = as_role, user, 0, 100_000

    def reads(self, *lines: dict[str, Any], on: date = DAY, booked: bool = True) -> statements.Imported:
        self.count += 1
        data = camt(list(lines), on=on, name=f"S{self.count}", opening=self.balance)
        self.balance += sum(line["cents"] for line in lines)
        with self.as_role("staff"):
            found = statements.import_statement(data=data, actor=self.user, now=noon(on))
        if booked:
            work(self.as_role, on=on)
        return found

    def does(self, act: Callable[..., Any], **values: Any) -> Any:
        with self.as_role("staff"):
            return act(actor=self.user, **values)


@pytest.fixture
def sam(as_role: AsRole, hire: Hire) -> Sam:
    return Sam(as_role, hire("Sam", "billing"))


def states(as_role: AsRole) -> list[str]:
    with as_role("worker"), transaction.atomic(), purpose.billing():
        return list(BankLine.objects.order_by("statement__imported_at", "position").values_list("state", flat=True))


def with_open_invoice(as_role: AsRole, name: str = "Alice") -> tuple[Person, Invoice]:
    """A business customer with an unpaid invoice of 350.90."""
    someone = owner(name)
    profile(someone)
    buy(someone, now=DAY, plan="business", terms=True)
    work(as_role, on=DAY)
    with inside(someone) as account_id:
        return someone, invoices_of(account_id)[0].invoice


db = pytest.mark.django_db(transaction=True)


@db
@pytest.mark.parametrize("name", [name for name in BAD if name != "an entity"])
def test_nothing_of_a_bad_file_is_booked(name: str, sam: Sam) -> None:
    with pytest.raises(StatementError):
        sam.does(statements.import_statement, data=BAD[name][0], now=noon(DAY))
    assert states(sam.as_role) == []


@db
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


@db
@pytest.mark.parametrize("text", ["", "factuur", "WB-2026-0009", "BV-2026-0001", "Bakkerij Alice"])
def test_an_amount_alone_never_means_anything(as_role: AsRole, sam: Sam, text: str) -> None:
    with_open_invoice(as_role)
    found = sam.reads(one(cents=35_090, text=text, name="Alice"))
    assert (found.matched, found.suggested, found.unmatched) == (0, 0, 1)


@db
def test_a_number_with_another_amount_is_no_suggestion(as_role: AsRole, sam: Sam) -> None:
    _alice, invoice = with_open_invoice(as_role)
    assert sam.reads(one(cents=35_089, text=invoice.number)).unmatched == 1


@db
def test_one_transfer_pays_invoices_of_two_customers(as_role: AsRole, sam: Sam) -> None:
    alice, first = with_open_invoice(as_role)
    charlie, second = with_open_invoice(as_role, "Charlie")
    sam.reads(one(cents=70_180, text=f"{first.rf} en {second.rf}"))
    for someone, invoice in ((alice, first), (charlie, second)):
        with inside(someone):
            assert open_cents(invoice) == 0
            assert not Refund.objects.exists()
    assert states(as_role) == ["booked"]


@db
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


@db
def test_two_equal_transfers_on_one_day_are_two(as_role: AsRole, sam: Sam) -> None:
    same = one(cents=7_260, text="x", bank_ref="")
    assert sam.reads(same, same).unmatched == 2
    assert states(as_role) == ["unmatched", "unmatched"]


@db
def test_files_that_overlap_book_a_line_once(as_role: AsRole, sam: Sam) -> None:
    first, second, third = (one(text=f"line {n}", bank_ref=f"B{n}") for n in range(3))
    opening = sam.balance
    sam.reads(first, second)
    data = camt([first, second, third], on=DAY, name="week", opening=opening)
    found = sam.does(statements.import_statement, data=data, now=noon(DAY))
    assert (found.known, found.unmatched) == (2, 1)
    assert len(states(as_role)) == 3


@db
def test_the_same_statement_again_or_in_another_format_books_nothing(as_role: AsRole, sam: Sam) -> None:
    data = camt([one(text="x", cents=14_520), {"cents": -1000}], on=DAY, opening=1_820_411)
    sam.does(statements.import_statement, data=data, now=noon(DAY))
    for again in (data, MT940.encode()):
        with pytest.raises(StatementError, match="niets dubbel"):
            sam.does(statements.import_statement, data=again, now=noon(DAY))
    assert len(states(as_role)) == 2


@db
def test_only_billing_staff_read_statements(as_role: AsRole, hire: Hire) -> None:
    helper = hire("Hugo", "support")
    with as_role("staff"), pytest.raises(Exception, match="row-level security"):
        statements.import_statement(data=GOOD, actor=helper, now=noon(DAY))
    with as_role("staff"):
        assert statements.queue(actor=helper) == []


@db
def test_payers_are_forgotten_after_thirty_days(as_role: AsRole, sam: Sam) -> None:
    sam.reads(one(text="Een tekst", name="Vera"))
    with as_role("worker"):
        assert purge_payers(now=DAY + timedelta(days=30)) == 0
        assert purge_payers(now=DAY + timedelta(days=31)) == 1
        with transaction.atomic(), purpose.billing():
            line = BankLine.objects.get()
            assert line.payer is None
            assert line.payer_country == "NL"
            assert line.payer_hash is not None
    (waiting,) = sam.does(statements.queue)
    assert (waiting.name, waiting.text) == ("", "")


@db
def test_a_refund_goes_into_a_checked_file_and_is_recognised_when_paid(as_role: AsRole, sam: Sam) -> None:
    alice = owner("Alice")
    profile(alice)
    buy(alice, now=DAY)
    sam.reads(one(cents=15_000, ref=request_of(alice).rf, name="<Alice> & Zn", iban="NL20INGB0001234567"))
    data, count = sam.does(refunds.export, now=noon(DAY))
    assert count == 1
    assert b"NL20INGB0001234567" in data
    assert b"4.80" in data
    with pytest.raises(BillingError, match="niets terug"):
        sam.does(refunds.export, now=noon(DAY))
    with inside(alice):
        refund = Refund.objects.get()
    assert refund.state == "exported"
    sam.reads({"cents": -480, "e2e": refunds.end_to_end(refund)}, on=DAY + timedelta(days=1))
    with inside(alice):
        refund = Refund.objects.get()
        assert (refund.state, refund.sealed) == ("paid", None), "where it went is forgotten"


@db
def test_a_line_that_is_not_a_customers_is_left_or_sent_back(as_role: AsRole, sam: Sam) -> None:
    sam.reads(one(text="rente", cents=12), one(text="vergissing", cents=1_000))
    newest = {row.text: row.line.id for row in sam.does(statements.queue)}
    sam.does(statements.ignore, line_id=newest["rente"])
    sam.does(statements.send_back, line_id=newest["vergissing"], now=noon(DAY))
    assert sam.does(statements.queue) == []
    assert sorted(states(as_role)) == ["ignored", "refunded"]
    assert sam.does(refunds.export, now=noon(DAY))[1] == 1


@db
def test_thousands_of_lines_are_read_in_one_go(as_role: AsRole, sam: Sam) -> None:
    """The time is the bench's business; here, that nothing is lost on the way."""
    lines = [one(cents=1 + n, text=f"regel {n}", bank_ref=f"B{n}") for n in range(LINES)]
    data = camt(lines, on=DAY)
    found = sam.does(statements.import_statement, data=data, now=noon(DAY))
    assert (found.unmatched, found.known) == (LINES, 0)
    with as_role("worker"), transaction.atomic(), purpose.billing():
        stored = BankStatement.objects.get()
        assert stored.in_cents == sum(line["cents"] for line in lines) == stored.closing_cents - stored.opening_cents


@db
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
