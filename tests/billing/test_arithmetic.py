"""Cents and days, exactly: VAT, periods, proration both ways and credit notes add up whatever the numbers are."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.money import Line, VatGroup, credit_part, one, round_cents, totals, vat_cents
from billing.periods import add_months, period_end, unused_cents, used_cents

RATES = st.sampled_from([Decimal(rate) for rate in ("0", "9", "17", "19", "21", "25.5", "27")])
CENTS = st.integers(0, 10_000_000)
DAYS = st.dates(date(2020, 1, 1), date(2060, 12, 31))


@given(st.lists(st.tuples(st.integers(-9, 9), st.decimals(0, 999, places=4)), min_size=1, max_size=8), RATES)
def test_vat_is_rounded_once_for_all_lines_of_a_rate(parts: list[tuple[int, Decimal]], rate: Decimal) -> None:
    lines = [Line("x", Decimal(quantity), price, "S", rate) for quantity, price in parts]
    found = totals(lines)
    (group,) = found.groups
    assert group.base_cents == sum(round_cents(line.quantity * line.price * 100) for line in lines)
    assert abs(group.vat_cents - group.base_cents * rate / 100) <= Decimal("0.5")
    assert found.gross_cents == found.net_cents + found.vat_cents


def test_halves_go_away_from_zero() -> None:
    assert [round_cents(Decimal(x)) for x in ("0.5", "1.5", "2.5", "-0.5", "-1.5", "0.49")] == [1, 2, 3, -1, -2, 0]


@given(st.lists(CENTS, min_size=1, max_size=6), RATES)
def test_credit_notes_of_an_invoice_give_exactly_its_vat(parts: list[int], rate: Decimal) -> None:
    parts = [part for part in parts if part] or [1]
    net = sum(parts)
    invoice = VatGroup("S", rate, net, vat_cents(net, rate))
    done_net = done_vat = 0
    for part in parts:
        credit = credit_part(invoice, credited_net=done_net, credited_vat=done_vat, net=part)
        assert credit.vat_cents == vat_cents(part, rate) + credit.carry_cents
        assert abs(credit.carry_cents) <= 1
        assert credit.vat_cents >= 0
        done_net += part
        done_vat += credit.vat_cents
    assert (done_net, done_vat) == (invoice.base_cents, invoice.vat_cents)


def test_the_last_credit_note_takes_the_remainder() -> None:
    """Three times 33 cents at 21 %: 6.93 each, 20.79 together."""
    invoice = VatGroup("S", Decimal(21), 99, 21)
    vat: list[int] = []
    for _ in range(3):
        part = credit_part(invoice, credited_net=33 * len(vat), credited_vat=sum(vat), net=33)
        vat.append(part.vat_cents)
    assert (vat, sum(vat)) == ([7, 7, 7], 21)


@given(DAYS, st.integers(1, 60))
def test_the_anchor_day_is_kept(day: date, months: int) -> None:
    """From the 31st: the last day of short months, and the 31st again after them."""
    here = day
    for count in range(1, months + 1):
        here = add_months(here, 1, anchor_day=day.day)
        assert here == add_months(day, count, anchor_day=day.day)
        assert here.day == day.day or (here + timedelta(days=1)).day == 1


def test_the_31st_comes_back() -> None:
    ends, start = [], date(2027, 12, 31)
    for _ in range(5):
        start = period_end(start, "month", anchor_day=31)
        ends.append(start)
    assert ends == [date(2028, 1, 31), date(2028, 2, 29), date(2028, 3, 31), date(2028, 4, 30), date(2028, 5, 31)]
    assert period_end(date(2028, 2, 29), "year", anchor_day=29) == date(2029, 2, 28)
    assert period_end(date(2031, 2, 28), "year", anchor_day=29) == date(2032, 2, 29)


@pytest.mark.parametrize("interval", ["month", "year"])
@pytest.mark.parametrize("price", [1200, 2900, 12_000, 29_000, 1, 999])
def test_every_day_of_a_leap_year_splits_a_price_exactly(interval: str, price: int) -> None:
    """2028: whatever day a period starts and whatever day it is cut, used and unused are the price, and never cross."""
    start = date(2028, 1, 1)
    while start.year == 2028:
        end = period_end(start, interval, anchor_day=start.day)
        before = 0
        step = 1 if interval == "month" else 13
        for days in range(0, (end - start).days + 1, step):
            on = start + timedelta(days=days)
            used = used_cents(price, start=start, end=end, on=on)
            unused = unused_cents(price, start=start, end=end, on=on)
            assert used + unused == price
            assert abs(used - Decimal(price) * days / (end - start).days) <= Decimal("0.5")
            assert used >= before
            before = used
        assert unused_cents(price, start=start, end=end, on=start) == price
        assert unused_cents(price, start=start, end=end, on=end) == 0
        assert unused_cents(price, start=start, end=end, on=end + timedelta(days=400)) == 0
        start += timedelta(days=1)


@given(st.dates(date(2028, 1, 1), date(2028, 12, 31)), st.integers(0, 364), RATES)
def test_an_upgrade_on_any_day_is_never_below_zero_and_adds_up(start: date, days: int, rate: Decimal) -> None:
    """Plus to Business, by month and by year: the new price less the unused days, one VAT over the difference."""
    for interval, old, new in (("month", 1200, 2900), ("year", 12_000, 29_000), ("month", 1200, 29_000)):
        end = period_end(start, interval, anchor_day=start.day)
        on = min(start + timedelta(days=days), end - timedelta(days=1))
        unused = unused_cents(old, start=start, end=end, on=on)
        found = totals(
            [
                one("new", new, category="S", rate=rate),
                one("unused", unused, category="S", rate=rate, quantity=-1),
            ]
        )
        assert found.net_cents == new - unused
        assert found.net_cents > 0
        assert found.vat_cents == vat_cents(new - unused, rate)


@given(st.dates(date(2028, 1, 1), date(2028, 12, 31)), st.integers(0, 364))
def test_leaving_on_any_day_gives_back_what_was_not_used(start: date, days: int) -> None:
    end = period_end(start, "year", anchor_day=start.day)
    on = min(start + timedelta(days=days), end)
    unused = unused_cents(12_000, start=start, end=end, on=on)
    kept = used_cents(12_000, start=start, end=end, on=on)
    invoice = VatGroup("S", Decimal(21), 12_000, 2520)
    if unused:
        part = credit_part(invoice, credited_net=0, credited_vat=0, net=unused)
        assert part.base_cents + kept == 12_000
        assert 0 <= 2520 - part.vat_cents <= 2520


def test_a_price_is_neither_negative_nor_finer_than_four_decimals() -> None:
    for wrong in ("-1", "0.00001"):
        with pytest.raises(ValueError, match="unit price"):
            Line("x", Decimal(1), Decimal(wrong), "S", Decimal(21))
