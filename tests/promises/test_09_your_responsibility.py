"""Promise 09: what a customer collects is theirs to look after; the tools: a term, finding, handing over, erasing."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests import journeys
from tests.local.running import Stack

pytestmark = pytest.mark.stack


def test_a_customer_finds_hands_over_and_erases_one_visitor(page: Any, stack: Stack, browser: Any) -> None:
    journeys.sign_up(page, stack, "Alice Zorgt")
    journeys.make_site(page, "Bakkerij Zorg")
    site = journeys.publish(page)
    visitor = browser.new_context(locale="nl-NL").new_page()
    journeys.fill_in(visitor, site, "Dit wil ik later weg")
    for _ in range(100):  # a worker makes it findable, seconds after it came in
        page.goto("/inbox/person/?q=vera@example.nl")
        if page.locator("main table tbody tr").count():
            break
        page.wait_for_timeout(300)
    assert "Vera" in page.inner_text("main") or "vera@example.nl" in page.inner_text("main")
    assert re.search(r"Bewaard tot|Blijft tot|tot", page.inner_text("main table")), "each message has its term"
    journeys.send(page, "main form[action='/inbox/person/export/'] button")
    page.wait_for_selector("a[href$='/download/']", timeout=30_000)
    with page.expect_download() as fetched:
        page.click("a[href$='/download/']")
    handed = zipfile.ZipFile(io.BytesIO(Path(fetched.value.path()).read_bytes()))
    assert any(b"Dit wil ik later weg" in handed.read(name) for name in handed.namelist())

    page.goto("/inbox/person/?q=vera@example.nl")
    journeys.send(page, "main form[action='/inbox/person/erase/'] button")
    assert "1 bericht van deze persoon" in page.inner_text("main")
    assert journeys.axe(page) == []
    page.check("[name=read]")
    journeys.send(page, "main button.btn--danger")
    page.wait_for_url(re.compile("/privacy/wissen/"))
    assert "De berichten worden gewist op" in page.inner_text("main h1")
    page.goto("/inbox/person/?q=vera@example.nl")
    assert "Wordt gewist" in page.inner_text("main table"), "a week to reconsider: it is still there"
    page.click("main details.sure summary")
    page.check("[name=sure]")
    assert journeys.axe(page) == []
    journeys.send(page, "main form[action$='/now/'] button")
    page.wait_for_url(re.compile("/privacy/wissen/"))
    page.wait_for_selector(".state--ok:has-text('Database')", timeout=30_000)
    page.goto("/inbox/person/?q=vera@example.nl")
    assert "Niets gevonden" in page.inner_text("main")
    page.goto("/inbox/?folder=everywhere")
    assert "Dit wil ik later weg" not in page.inner_text("main")
