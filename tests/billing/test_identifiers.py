"""Wrong numbers get words that say what to do; right ones are written in one way."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation

from billing import identifiers
from billing.forms import AccountNumberForm, ProfileForm
from tests.billing.working import BUSINESS, CONSUMER


@pytest.mark.parametrize(
    ("text", "country", "found"),
    [
        ("nl 1234.56.782.b90", "NL", "NL123456782B90"),
        ("123456782B90", "NL", "NL123456782B90"),
        ("DE 136 695 976", "DE", "DE136695976"),
        ("el094259216", "GR", "EL094259216"),
        ("", "NL", ""),
        ("gb 980 7806 84", "GB", "GB980780684"),
    ],
)
def test_vat_ids_are_written_in_one_way(text: str, country: str, found: str) -> None:
    assert identifiers.clean_vat_id(text, country=country) == found


@pytest.mark.parametrize(
    ("text", "country", "words"),
    [
        ("NL123456782B9", "NL", "ontbreekt een teken"),
        ("NL123456782B900", "NL", "te veel"),
        ("NL123456789B01", "NL", "klopt niet"),
        ("NL123456782X90", "NL", "NL123456789B01"),
        ("DE136695976", "NL", "ander land"),
        ("DE136695977", "DE", "klopt niet"),
        ("DE1", "DE", "geen btw-nummer van dat land"),
    ],
)
def test_a_wrong_vat_id_says_what_is_wrong(text: str, country: str, words: str) -> None:
    with translation.override("nl"):
        with pytest.raises(ValidationError) as caught:
            identifiers.clean_vat_id(text, country=country)
        assert words in " ".join(caught.value.messages)


@pytest.mark.parametrize(
    ("text", "country", "found"),
    [
        ("3511ab", "NL", "3511 AB"),
        (" 3511  AB ", "NL", "3511 AB"),
        ("2000", "BE", "2000"),
        ("sw1a 1aa", "GB", "SW1A 1AA"),
    ],
)
def test_postcodes_are_written_in_one_way(text: str, country: str, found: str) -> None:
    assert identifiers.clean_postcode(text, country=country) == found


@pytest.mark.parametrize(
    ("check", "text"),
    [
        (lambda text: identifiers.clean_postcode(text, country="NL"), "0511 AB"),
        (lambda text: identifiers.clean_postcode(text, country="NL"), "3511"),
        (lambda text: identifiers.clean_postcode(text, country="DE"), "506671"),
        (identifiers.clean_kvk, "1234567"),
        (identifiers.clean_iban, "NL91ABNA0417164301"),
        (identifiers.clean_iban, "NL91ABNA041716430"),
        (identifiers.clean_iban, "417164300"),
        (identifiers.clean_iban, "XX91ABNA0417164300"),
    ],
)
def test_a_wrong_number_is_refused_in_dutch_and_english(check: object, text: str) -> None:
    assert callable(check)
    said = set()
    for language in ("nl", "en-gb"):
        with translation.override(language), pytest.raises(ValidationError) as caught:
            check(text)
        with translation.override(language):
            said.add(" ".join(caught.value.messages))
    assert len(said) == 2, said


def test_the_form_keeps_what_was_typed_and_points_at_the_field() -> None:
    form = ProfileForm(BUSINESS | {"vat_id": "NL12345678B01", "postcode": "351 AB"})
    assert not form.is_valid()
    assert set(form.errors) == {"vat_id", "postcode"}
    assert form["vat_id"].value() == "NL12345678B01"


def test_a_consumer_gives_no_business_numbers() -> None:
    form = ProfileForm(CONSUMER | {"vat_id": "nonsense", "kvk": "1"})
    assert form.is_valid(), form.errors
    assert (form.cleaned_data["vat_id"], form.cleaned_data["kvk"]) == ("", "")


def test_texts_lose_control_characters_and_spare_blanks() -> None:
    form = ProfileForm(BUSINESS | {"name": " Jan\x07sen \u202e\n& \t Zn "})
    assert form.is_valid(), form.errors
    assert form.cleaned_data["name"] == "Jan sen & Zn"


def test_an_iban_is_kept_without_blanks() -> None:
    form = AccountNumberForm({"name": "Alice", "iban": "nl91 abna 0417 1643 00"})
    assert form.is_valid()
    assert form.cleaned_data["iban"] == "NL91ABNA0417164300"
