"""Form fields: answers are normalised, refused with words at the field, never lost; personal data says what for."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from sites.blocks.inputs import FormInput, SiteInput
from sites.fields import definition
from sites.fields.base import REGISTRY, Field
from sites.fields.notice import notice, period
from sites.fields.render import render_field, render_form
from sites.schema.problems import ContentError

pytestmark = pytest.mark.usefixtures("english")

TEN = ["checkboxes", "choice", "consent", "date", "email", "file", "long_text", "number", "phone", "short_text"]
SITE = SiteInput("1", "Bakkerij Zuiderplein")


def make(kind: str, **parts: Any) -> Field:
    return definition.read_field({"id": "x", "type": kind, "label": "Vraag", **parts})


def answer(field: Field, *values: str) -> Any:
    """Return the answer, or the message."""
    answers, errors = definition.clean_submission([field], {"x": list(values)})
    return errors["x"] if errors else answers["x"]


def test_the_ten_types_are_there() -> None:
    assert sorted(REGISTRY) == TEN


@pytest.mark.parametrize("kind", TEN)
def test_a_definition_reads_back_and_its_sample_may_go_online(kind: str) -> None:
    field = REGISTRY[kind].sample()
    assert definition.read(json.loads(json.dumps(definition.dump([field])))) == [field]
    assert field.publish_problems() == []
    assert definition.read([REGISTRY[kind].new().dump()])


@pytest.mark.parametrize(
    ("kind", "typed", "stored"),
    [
        ("short_text", " Sanne\u00a0", "Sanne"),
        ("short_text", "e\u0301e\u0301n", "één"),
        ("long_text", "a\r\nb", "a\nb"),
        ("email", "Sanne@POSTEO.nl", "Sanne@posteo.nl"),
        ("email", "s.o+x@sub.example.co", "s.o+x@sub.example.co"),
        ("email", "jan@bäcker.de", "jan@xn--bcker-gra.de"),
        ("phone", "06-4182 2109", "+31641822109"),
        ("phone", "06 41 82 21 09", "+31641822109"),
        ("phone", "(010) 486 22 10", "+31104862210"),
        ("phone", "+31 (0)6 4182 2109", "+31641822109"),
        ("phone", "0031641822109", "+31641822109"),
        ("phone", "+32 470 12 34 56", "+32470123456"),
        ("phone", "0800-1234", "+318001234"),
        ("phone", "020.624.1111", "+31206241111"),
        ("number", "12", "12"),
        ("number", "1.250", "1250"),
        ("number", "-3", "-3"),
        ("date", "2026-12-24", "2026-12-24"),
        ("date", "24-12-2026", "2026-12-24"),
        ("date", "1/2/2026", "2026-02-01"),
        ("date", "24 december 2026", "2026-12-24"),
        ("date", "3 mrt 2026", "2026-03-03"),
        ("date", "29-02-2028", "2028-02-29"),
        ("consent", "yes", True),
    ],
)
def test_an_answer_is_normalised(kind: str, typed: str, stored: Any) -> None:
    assert answer(make(kind), typed) == stored


@pytest.mark.parametrize(
    ("kind", "typed", "message"),
    [
        ("short_text", "x" * 201, "Use at most 200 characters."),
        ("short_text", "a\0b", "There is a character in here"),
        ("short_text", "a\nb", "There is a character in here"),
        ("short_text", "a\ud800", "There is a character in here"),
        ("long_text", "a\x1bb", "There is a character in here"),
        ("long_text", "x" * 5001, "Use at most 5000 characters."),
        ("email", "sanne", "Something is missing in this address."),
        ("email", "sanne@localhost", "Something is missing in this address."),
        ("email", "a@b@c.nl", "Something is missing in this address."),
        ("email", "a b@c.nl", "Something is missing in this address."),
        ("email", "a@c..nl", "Something is missing in this address."),
        ("email", "a@" + "b" * 300 + ".nl", "Use at most 254 characters."),
        ("phone", "06 4182 21", "This number is too short"),
        ("phone", "06 4182 2109 9", "This number is too long"),
        ("phone", "bel me", "Fill in a telephone number"),
        ("phone", "+", "Fill in a telephone number"),
        ("phone", "06\u0664\u0661\u0668\u0662\u0662\u0661\u0660", "Fill in a telephone number"),
        ("number", "twaalf", "Fill in a number."),
        ("number", "1e5", "Fill in a number."),
        ("number", "nan", "Fill in a number."),
        ("number", "1,5", "Fill in a whole number."),
        ("number", "1" * 13, "Fill in a number."),
        ("date", "31-02-2026", "This date doesn't exist."),
        ("date", "morgen", "Fill in a date"),
        ("date", "24-12-26", "Fill in a date"),
        ("date", "0001-01-01", "The year has to be between"),
        ("consent", "on", "Tick the box, or leave it empty."),
    ],
)
def test_a_wrong_answer_has_a_message(kind: str, typed: str, message: str) -> None:
    assert str(answer(make(kind), typed)).startswith(message)


def test_numbers_with_digits_after_the_comma() -> None:
    field = make("number", decimals=2, minimum=0, maximum=2000, unit="€")
    assert answer(field, "12,50") == "12.50"
    assert answer(field, "1.250,5") == "1250.5"
    assert answer(field, "1,250.5") == "1250.5"
    assert answer(field, "€ 12") == "12"
    assert answer(field, "1,255") == "Use at most 2 digits after the comma."
    assert answer(field, "-1") == "Fill in 0 or more."
    assert str(answer(field, "2001")).startswith("Fill in 2")
    with translation.override("nl"):
        assert field.display("12.50") == "€ 12,50"


def test_choices_take_only_their_options() -> None:
    one = make("choice", options=["Vandaag", "Morgen"])
    assert answer(one, "Morgen") == "Morgen"
    assert answer(one, "Gisteren") == "Choose one of the options."
    assert answer(one, "Vandaag", "Morgen") == "Give one answer here."
    many = make("checkboxes", options=["a", "b", "c"])
    assert answer(many, "c", "a", "a") == ["a", "c"]
    assert answer(many, "a", "x") == "Choose one of the options."
    assert answer(many, *["a"] * 51) == "Give one answer here."
    assert many.display(["a", "c"]) == "a, c"


@pytest.mark.parametrize("kind", TEN)
def test_nothing_filled_in(kind: str) -> None:
    extra = {"options": ["a", "b"]} if kind in ("choice", "checkboxes") else {}
    assert answer(make(kind, **extra), "  ") in (None, False)
    assert answer(make(kind, **extra)) in (None, False)
    assert isinstance(answer(make(kind, required=True, **extra)), str)


def test_telephone_numbers_and_dates_in_words() -> None:
    assert make("phone").display("+31641822109") == "06 41822109"
    assert make("phone").display("+31104862210") == "010 4862210"
    assert make("phone").display("+31334617080") == "033 4617080"
    assert make("phone").display("+32470123456") == "+32470123456"
    with translation.override("nl"):
        assert make("date").display("2026-12-24") == "24 december 2026"
    assert make("consent").display(True) == "Yes"


@given(st.sampled_from(TEN), st.lists(st.text(max_size=30), max_size=3))
@settings(max_examples=300, deadline=None)
def test_any_answer_is_stored_or_refused(kind: str, values: list[str]) -> None:
    field = REGISTRY[kind].sample("x")
    answers, errors = definition.clean_submission([field], {"x": values})
    assert set(answers) | set(errors) == {"x"}
    json.dumps(answers)
    render_field(field, uid="u", values=values, error=errors.get("x", ""))


def test_all_answers_together_have_a_limit() -> None:
    fields = [definition.read_field({"id": f"f{n}", "type": "long_text", "label": "x"}) for n in range(21)]
    _answers, errors = definition.clean_submission(fields, {field.id: ["x" * 4990] for field in fields})
    assert list(errors) == ["f20"]


@pytest.mark.parametrize(
    ("data", "loc", "message"),
    [
        ({}, [], "This has to be a list."),
        ([{"id": "a"}], [0], "The kind is missing."),
        ([{"id": "a", "type": "film"}], [0], "We don't know this kind."),
        ([{"id": "A", "type": "email"}], [0, "id"], "This is not written"),
        ([{"id": "a", "type": "email", "label": 3}], [0, "label"], "This has to be text."),
        (
            [{"id": "a", "type": "email", "retention_days": 0}],
            [0, "retention_days"],
            "The lowest possible number is 1.",
        ),
        (
            [{"id": "a", "type": "email", "retention_days": "30"}],
            [0, "retention_days"],
            "This has to be a whole number.",
        ),
        ([{"id": "a", "type": "email", "legal_basis": "because"}], [0, "legal_basis"], "Choose one of the options."),
        ([{"id": "a", "type": "choice", "options": ["a", "a"]}], [0, "options"], "Two lines are the same."),
        ([{"id": "a", "type": "choice", "options": [""]}], [0, "options"], "One of the lines is empty."),
        ([{"id": "a", "type": "choice", "options": ["\0"]}], [0, "options"], "The text holds an invisible"),
        ([{"id": "website", "type": "email"}], [], "This id is used by the form itself."),
        ([{"id": "a", "type": "email"}] * 2, [], "Two parts have the same id."),
        ([{"id": f"a{n}", "type": "email"} for n in range(101)], [], "At most 100 are possible."),
    ],
)
def test_a_wrong_definition_has_a_message(data: Any, loc: list[Any], message: str) -> None:
    with pytest.raises(ContentError) as caught:
        definition.read(data)
    assert caught.value.problems[0]["loc"] == loc
    assert caught.value.problems[0]["message"].startswith(message)


def test_personal_data_without_purpose_basis_and_retention_stays_offline() -> None:
    fields = definition.read([{"id": "a", "type": "email", "label": "Mail", "personal": "ordinary"}])
    assert [problem.path for problem in definition.publish_problems(fields)] == [
        "purpose",
        "legal_basis",
        "retention_days",
    ]
    assert definition.publish_problems([])[0].message == "This form has no fields yet."


def test_special_data_needs_consent() -> None:
    health = {
        "id": "a",
        "type": "long_text",
        "label": "Klacht",
        "personal": "special",
        "purpose": "x",
        "retention_days": 30,
    }
    fields = definition.read([{**health, "legal_basis": "contract"}])
    assert [problem.path for problem in definition.publish_problems(fields)] == ["legal_basis", "personal"]
    ask = {**REGISTRY["consent"].sample("b").dump(), "required": True}
    assert definition.publish_problems(definition.read([{**health, "legal_basis": "consent"}, ask])) == []
    mail = {**REGISTRY["email"].sample("c").dump(), "legal_basis": "consent"}
    assert [problem.path for problem in definition.publish_problems(definition.read([mail]))] == ["legal_basis"]


def test_the_notice_says_what_the_fields_say() -> None:
    common = {"personal": "ordinary", "legal_basis": "contract", "purpose": "Om je te bellen"}
    fields = definition.read(
        [
            {"id": "a", "type": "phone", "label": "Telefoon", "retention_days": 90, **common},
            {"id": "b", "type": "email", "label": "Mail", "retention_days": 365, **common, "purpose": "om te mailen."},
            {"id": "c", "type": "choice", "label": "Wanneer", "options": ["a", "b"]},
        ]
    )
    made = notice(fields, controller="De Vries", contact="hallo@devries.example")
    rows = dict(made.rows)
    assert rows["What for"] == "Om je te bellen. Om te mailen."
    assert rows["How long"] == "3 months (Telefoon); 12 months (Mail), then erased."
    assert rows["Who"] == "Only De Vries. Nobody else gets your data."
    assert rows["Questions"] == "hallo@devries.example"
    assert "link" not in made.rights
    assert "link" in notice(fields, controller="x", receipt=True).rights
    assert notice(fields[2:], controller="x").rows == ()


def test_periods_in_words() -> None:
    assert [period(days) for days in (1, 30, 45, 60, 365, 730)] == [
        "1 day",
        "30 days",
        "45 days",
        "2 months",
        "12 months",
        "2 years",
    ]


# --- the controls


@pytest.mark.parametrize("kind", TEN)
def test_a_control_has_label_help_and_message(kind: str) -> None:
    field = REGISTRY[kind].sample("x")
    html = render_field(field, uid="u", values=["yes", "<b>"], error="Kijk <hier>")
    assert str(field.label) in html
    assert 'id="u-x-e"' in html
    assert 'id="u-x-h"' in html
    assert 'aria-describedby="u-x-e u-x-h"' in html
    assert "Kijk &lt;hier&gt;" in html
    assert "<b>" not in html
    assert 'aria-invalid="true"' in html


def test_what_was_typed_is_shown_again() -> None:
    fields = [REGISTRY[kind].sample() for kind in TEN]
    typed = {
        "short_text": ['"><script>'],
        "email": ["niet goed"],
        "date": ["31-02-2026"],
        "choice": ["Morgen"],
        "checkboxes": ["’s avonds"],
        "consent": ["yes"],
        "long_text": ["\nregel"],
        "number": ["twee"],
        "phone": ["06"],
    }
    answers, errors = definition.clean_submission(fields, typed)
    assert set(errors) == {"email", "date", "number", "phone"}
    assert answers["choice"] == "Morgen"
    html = render_form(FormInput("f", "Form", fields, "/_f/f", values=typed, errors=errors), SITE, uid="u")
    for text in (
        "&quot;&gt;&lt;script&gt;",
        "niet goed",
        "31-02-2026",
        'value="Morgen" checked',
        'value="twee"',
        'value="06"',
    ):
        assert text in html
    assert html.count("aria-invalid") == 4
    assert "<script" not in html
    assert 'role="alert"' in html
    assert 'href="#u-email"' in html


def test_a_form_works_without_script_and_has_its_traps() -> None:
    fields = [REGISTRY["email"].sample("mail")]
    html = render_form(FormInput("f", "Form", fields, "/_f/f", button="Bestel", controller="De Vries"), SITE, uid="u")
    assert '<form class="fm" method="post" action="/_f/f"' in html
    assert 'name="website" type="text" tabindex="-1" autocomplete="off"' in html
    assert 'aria-hidden="true"' in html
    assert '<input type="hidden" name="challenge">' in html
    assert 'autocomplete="email"' in html
    assert "Only De Vries. Nobody else gets your data." in html
    assert ">Bestel</button>" in html
    assert " style=" not in html
    assert " on" + "click" not in html
