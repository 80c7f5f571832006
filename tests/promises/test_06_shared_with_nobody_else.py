"""Promise 06: account and invoicing data are shared with nobody but the named processors, and people see what was."""

from __future__ import annotations

import json
import time
import urllib.request
import uuid
from typing import Any

import pytest
from django.apps import apps

from newsletters.connectors import brevo
from privacy.datamap import data_map
from tests import journeys
from tests.local.running import Stack
from webanizr.core import net
from webanizr.core.processors import REGISTRY

NAMED = {"brevo", "listmonk", "mailchimp", "matomo", "ses"}  # the mailing platform, the statistics, Amazon


def control(stack: Stack, name: str, command: str = "", **content: Any) -> Any:
    """Ask a stand-in what it holds, or tell it something."""
    body = json.dumps(content).encode() if content else None
    with urllib.request.urlopen(f"{stack.run['fakes'][name]}/_control/{command}", body, timeout=10) as answer:
        return json.load(answer)


def test_a_free_account_shares_a_page_count_and_its_owner_sees_it(page: Any, stack: Stack) -> None:
    address = journeys.sign_up(page, stack, "Alice de Wit")
    page.goto("/settings/")
    shown = ""
    deadline = time.monotonic() + 40
    while "Matomo" not in shown:
        assert time.monotonic() < deadline, shown
        page.goto("/privacy/shared/")
        shown = page.inner_text("table") if page.locator("table").count() else ""
        time.sleep(0.5)
    assert "IP-adres" in shown
    assert "Tellen dat je een van onze eigen pagina" in shown
    assert "Brevo" not in shown
    sent = json.dumps(control(stack, "matomo", "requests")) + json.dumps(control(stack, "brevo", "requests"))
    for word in (address, address.replace("@", "%40"), "Alice", "de Wit"):
        assert word not in sent
    assert address not in json.dumps(control(stack, "brevo"))
    assert control(stack, "brevo", "act", do="read", email=address)["result"] is None


def test_the_page_is_readable_for_everybody(page: Any, stack: Stack) -> None:
    journeys.sign_up(page, stack, "Bob Bakker")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for width in (1280, 320):
            page.set_viewport_size({"width": width, "height": 900})
            page.goto("/privacy/shared/")
            assert journeys.axe(page) == []
            assert not journeys.sideways(page)
    page.click("button[value=no]")
    assert "Je wordt niet geteld" in page.inner_text("main")


def test_nobody_but_the_named_processors_may_be_sent_anything() -> None:
    assert set(REGISTRY) == NAMED
    for processor in REGISTRY.values():
        assert str(processor.does)
        assert str(processor.location)
        assert all(str(field.label) for field in processor.fields)
        wires = [wire for field in processor.fields for wire in field.wire]
        assert len(wires) == len(set(wires)), processor.key
        assert not set(wires) & processor.technical, processor.key


def test_invoicing_data_goes_to_nobody() -> None:
    data_map.load()
    columns = [(label, name) for label, name, _ in data_map.personal() if label.startswith("billing.")]
    assert apps.get_app_config("billing").models
    assert {
        (label, name): data_map.recipients(label, name) for label, name in columns if data_map.recipients(label, name)
    } == {}
    names = {"vat", "vat_number", "iban", "street", "postcode", "city", "company", "invoice"}
    for processor in REGISTRY.values():
        assert not names & {field.name for field in processor.fields}


@pytest.mark.parametrize(
    "wire", ["attributes.VAT", "attributes.STREET", "attributes.PHONE", "ip", "attributes.COMPANY"]
)
def test_an_undeclared_field_is_refused_before_anything_is_sent(wire: str, settings: Any) -> None:
    settings.MAILING_PLATFORM = "brevo"
    name, _, nested = wire.partition(".")
    content = {name: {nested: "x"}} if nested else {name: "x"}
    with pytest.raises(net.Undeclared, match=wire):
        net.request(brevo.PROCESSOR, "POST", "/contacts", json=content, why="subscribe", about=[uuid.uuid4()])
