"""Which VAT a sale carries: the whole decision table, and rates by their day."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import product

import pytest

from billing.identifiers import EU
from billing.selectors import rate_of
from billing.vat import decide, keep_until


@pytest.mark.parametrize(
    ("country", "business", "verified", "oss", "kind", "category"),
    [
        ("NL", True, True, False, "nl", "S"),
        ("NL", False, False, True, "nl", "S"),
        ("DE", True, True, False, "reverse", "AE"),
        ("DE", True, True, True, "reverse", "AE"),
        ("DE", True, False, False, "nl", "S"),
        ("DE", True, False, True, "oss", "S"),
        ("DE", False, False, False, "nl", "S"),
        ("FI", False, False, True, "oss", "S"),
        ("FI", False, True, True, "oss", "S"),
        ("GB", True, True, False, "outside", "O"),
        ("US", False, False, True, "outside", "O"),
        ("CW", False, False, False, "outside", "O"),
    ],
)
def test_the_table(country: str, business: bool, verified: bool, oss: bool, kind: str, category: str) -> None:
    found = decide(country=country, business=business, vat_id_verified=verified, oss=oss)
    assert (found.kind, found.category) == (kind, category)
    assert bool(found.reason()) == (category != "S")


def test_every_case_has_one_answer_and_only_verified_ids_pay_nothing_in_the_eu() -> None:
    for country in [*sorted(EU), "GB", "US"]:
        for business, verified, oss in product([True, False], repeat=3):
            found = decide(country=country, business=business, vat_id_verified=verified, oss=oss)
            if country in EU and not found.taxed:
                assert business
                assert verified
                assert country != "NL"
            assert found.keep_years == (10 if found.kind == "oss" else 7)


@pytest.mark.django_db
def test_rates_hold_from_their_day() -> None:
    assert rate_of("EE", date(2025, 6, 30)) == 22
    assert rate_of("EE", date(2025, 7, 1)) == 24
    assert rate_of("FI", date(2026, 1, 1)) == Decimal("25.5")
    assert {country for country in EU if rate_of(country, date(2026, 1, 1)) < 17} == set()
    with pytest.raises(LookupError):
        rate_of("US", date(2026, 1, 1))


def test_invoices_are_kept_until_the_end_of_the_seventh_year_after() -> None:
    assert keep_until(date(2026, 1, 1), "nl") == date(2033, 12, 31)
    assert keep_until(date(2026, 12, 31), "reverse") == date(2033, 12, 31)
    assert keep_until(date(2026, 5, 5), "oss") == date(2036, 12, 31)
