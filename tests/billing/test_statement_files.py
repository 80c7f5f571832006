"""Statement files: CAMT.053 and MT940 as banks write them, and what a bad one is told."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum import iso11649

from billing.references import find_rf, make_rf
from billing.services import statements
from billing.statements import StatementError, read
from tests.billing.bank import DAY, MT940, Sam, one, states
from tests.billing.working import camt, noon

IBAN = "NL91ABNA0417164300"
RF = make_rf("BV20260417")


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


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", [name for name in BAD if name != "an entity"])
def test_nothing_of_a_bad_file_is_booked(name: str, sam: Sam) -> None:
    with pytest.raises(StatementError):
        sam.does(statements.import_statement, data=BAD[name][0], now=noon(DAY))
    assert states(sam.as_role) == []
