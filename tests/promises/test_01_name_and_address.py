"""Promise 01: signing up asks a name and an e-mail address and nothing else; they are used to contact you."""

from __future__ import annotations

import re
import time
from html.parser import HTMLParser
from typing import Any
from unittest import mock

import pytest
from django.test import Client

from accounts import checks
from accounts.forms import SignupForm
from accounts.models import User
from tests import journeys
from tests.local.running import Stack


class Inputs(HTMLParser):
    """Collects what a form asks."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag in ("input", "select", "textarea") and found.get("type") != "hidden":
            self.asked.append(str(found.get("name")))


@pytest.mark.django_db
def test_the_form_asks_a_name_and_an_address() -> None:
    page = Inputs()
    page.feed(Client().get("/signup/").content.decode())
    assert page.asked == ["name", "email"]


def test_a_person_has_nothing_else() -> None:
    assert {field.name for field in User._meta.local_concrete_fields} == {"id", "name", "email"}
    assert checks.only_name_and_address(None) == []


def test_another_column_stops_the_start() -> None:
    phone = mock.Mock()
    phone.name = "phone"
    columns = [*User._meta.local_concrete_fields, phone]
    with mock.patch.object(User._meta, "local_concrete_fields", columns):
        assert "accounts.E001" in [problem.id for problem in checks.only_name_and_address(None)]


def test_another_question_stops_the_start() -> None:
    fields = {**SignupForm.base_fields, "phone": SignupForm.base_fields["name"]}
    with mock.patch.object(SignupForm, "base_fields", fields):
        assert [problem.id for problem in checks.only_name_and_address(None)] == ["accounts.E002"]


def test_somebody_signs_up_with_the_code_from_the_mail(page: Any, stack: Stack) -> None:
    page.goto("/signup/")
    page.fill("[name=name]", "Noor van Dijk")
    page.fill("[name=email]", "geen adres")
    journeys.send(page)
    assert page.input_value("[name=name]") == "Noor van Dijk"
    assert "volledig e-mailadres" in page.inner_text("main")
    address = f"noor{time.time_ns()}@example.nl"
    page.fill("[name=email]", address)
    journeys.send(page)
    code = journeys.code_for(stack, address)
    page.fill("[name=code]", "000000" if code != "000000" else "111111")
    journeys.send(page)
    assert "Deze code klopt niet" in page.inner_text("main")
    page.fill("[name=code]", code)
    journeys.send(page)
    page.wait_for_url(re.compile("/start/"))
