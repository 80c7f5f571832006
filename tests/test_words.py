"""Codes in what a person reads of themselves have words: those of the models, and those that applications name."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.utils.translation import override

from billing.plans import PLANS
from newsletters.wording import SOURCES
from privacy import export, words


def coded() -> dict[tuple[str, str], list[str]]:
    """Return the codes of every exported column that takes a fixed set of them, by table and column."""
    found: dict[tuple[str, str], list[str]] = {}
    for label, names in export.exported_columns().items():
        for name in names:
            choices = apps.get_model(label)._meta.get_field(name).flatchoices
            if choices:
                found[label, name] = [str(code) for code, _words in choices]
    return found


def test_every_code_that_is_shown_has_words() -> None:
    every = coded()
    assert len(every) > 10
    missing = [
        f"{label}.{name}: {code}"
        for (label, name), codes in every.items()
        if name not in words.FOR_PROGRAMS
        for code in codes
        if code not in words.CODES.get(name, {})
    ]
    assert missing == []


@pytest.mark.parametrize("language", ["nl", "en-gb"])
def test_applications_name_their_own_codes(language: str) -> None:
    with override(language):
        assert [words.say("billing.Subscription", "plan", code) for code in PLANS] == [
            str(plan.name) for plan in PLANS.values()
        ]
        assert {words.say("newsletters.Consent", "source", code) for code in SOURCES} == {
            str(said) for said in SOURCES.values()
        }
