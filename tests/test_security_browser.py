"""Passkeys, the authenticator app, other devices and a new address, in a real browser."""

from __future__ import annotations

import re
import time
from typing import Any

from tests import journeys
from tests.local.running import Stack


def sign_out(page: Any) -> None:
    page.goto("/logout/")
    journeys.send(page)


def test_a_passkey_signs_in_without_a_mail(page: Any, stack: Stack) -> None:
    journeys.sign_up(page, stack, "Petra Sleutel")
    journeys.fingerprint_reader(page)
    page.goto("/settings/security/passkeys/add/")
    page.fill("[name=name]", "Mijn laptop")
    journeys.send(page)
    page.goto("/settings/security/")
    assert "Mijn laptop" in page.inner_text("main")
    sign_out(page)
    page.goto("/login/")
    page.click("passkey-login button")
    page.wait_for_url(re.compile("/start/"))


def test_an_app_asks_for_its_code_after_the_mail(page: Any, stack: Stack) -> None:
    address = journeys.sign_up(page, stack, "Teun Teller")
    page.goto("/settings/security/app/")
    secret = page.inner_text("copy-row code")
    page.fill("[name=code]", "000000" if journeys.totp(secret) != "000000" else "111111")
    journeys.send(page)
    assert "/app/" in page.url
    page.fill("[name=code]", journeys.totp(secret))
    journeys.send(page)
    page.goto("/settings/security/")
    assert "Aan" in page.inner_text("main")
    sign_out(page)
    journeys.sign_in(page, stack, address)
    page.wait_for_url(re.compile("/login/two/"))
    page.goto("/")
    assert "/signup/" in page.url


def test_another_device_is_signed_out_at_once(page: Any, stack: Stack, browser: Any) -> None:
    address = journeys.sign_up(page, stack, "Dirk Dubbel")
    context = browser.new_context(base_url=stack.app, locale="nl-NL")
    other = context.new_page()
    journeys.sign_in(other, stack, address)
    other.wait_for_url(re.compile("/start/"))
    page.goto("/settings/security/")
    assert page.locator("form[action*='/end/']").count() == 1
    journeys.send(page, "form[action*='/end/'] button")
    other.goto("/settings/")
    assert "/login/" in other.url
    context.close()


def test_a_new_address_is_confirmed_and_the_old_one_can_take_it_back(page: Any, stack: Stack) -> None:
    old = journeys.sign_up(page, stack, "Nina Nieuw")
    new = f"nieuw{time.time_ns()}@example.nl"
    page.goto("/settings/email/")
    page.fill("[name=email]", new)
    journeys.send(page)
    page.fill("[name=code]", journeys.code_for(stack, new))
    journeys.send(page)
    assert new in page.inner_text("main")
    told = stack.wait_for_mail(old, after=2)
    link = re.search(r"http://localhost:\d+/address/undo/\S+", told.get_body(("plain",)).get_content())  # type: ignore[union-attr]  # it is HTML and text
    assert link
    page.goto(link[0])
    journeys.send(page)
    assert "terug" in page.inner_text("main")
    page.goto("/settings/email/")
    assert old in page.inner_text("main")
