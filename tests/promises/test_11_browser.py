"""Promise 11 in both browsers: the customer's own words give permission to read, nothing more, and are taken back."""

from __future__ import annotations

import re
from typing import Any

from tests import journeys
from tests.local.running import Stack
from tests.promises.test_10_browser import bakery, log_of
from tests.screens import look_here

ASKS = "Kunnen jullie in de inzendingen van mijn Contactformulier kijken wat er misgaat?"


def quote(staff: Any, number: int, sentence: str) -> None:
    staff.goto(f"/questions/{number}/")
    journeys.send(staff, f".sentence:has-text('{sentence}')")


def test_a_question_that_asks_to_look_is_permission(page: Any, stack: Stack, browser: Any) -> None:
    _url, address = bakery(page, stack, browser, "Anton", "Hebben jullie speltbrood?")
    number = journeys.ask_webanizr(
        page, f"Er gaat iets mis. {ASKS} Ik ben tot vijf uur bereikbaar.", "Contactformulier"
    )
    assert "hooguit 72 uur" in page.inner_text("main")
    found: list[str] = []

    staff = journeys.staff_page(browser, stack, "Sam Quist")
    quote(staff, number, "Kunnen jullie in de inzendingen")
    look_here(staff, found)
    journeys.send(staff, "form[action$='/quote/'] .btn--staff")
    assert "field__error" in staff.content()  # "the sentence really asks us to look" isn't ticked
    staff.check("form[action$='/quote/'] [name=sure]", force=True)
    journeys.send(staff, "form[action$='/quote/'] .btn--staff")
    assert "Vastgelegd" in staff.inner_text(".messages")

    # reading only
    journeys.send(staff, "a[href*='/look/']")
    assert staff.locator("[name=action][value=change]").count() == 0
    staff.fill("[name=reason]", "Kijken wat er misgaat")
    journeys.send(staff, "main form .btn--staff")
    journeys.send(staff, "form[action$='/open/'] button")
    assert "Hebben jullie speltbrood?" in staff.inner_text(".sealed")
    assert staff.locator("form[action$='/change/']").count() == 0

    text = log_of(page)
    assert ASKS in text
    assert "las één inzending" in text
    look_here(page, found)

    # the mail's link withdraws without signing in: looking at it changes nothing, the button does
    mail = next(each for each in reversed(stack.mails()) if each["To"] == address and "meekijken" in each["Subject"])
    body = mail.get_body(("plain",)).get_content()
    assert "speltbrood" not in body
    link = re.search(r"http://localhost:\d+/consent/withdraw/\S+", body)
    assert link, body
    stranger = browser.new_context(locale="nl-NL").new_page()
    stranger.goto(link[0])
    look_here(stranger, found)
    assert staff.goto(staff.url).status == 200
    journeys.send(stranger, "main form button")
    assert "Ingetrokken" in stranger.inner_text("h1")
    assert staff.goto(staff.url).status == 410
    assert "speltbrood" not in staff.content()
    assert stranger.goto(link[0][:-4]).status == 404
    assert found == []


def test_who_wants_to_be_asked_is_asked(page: Any, stack: Stack, browser: Any) -> None:
    bakery(page, stack, browser, "Agnes")
    page.goto("/help/")
    page.fill("[name=subject]", "Vraag")
    page.fill("[name=body]", ASKS)
    page.check("[name=implied_refused]", force=True)
    journeys.send(page, "button[value=send]")
    number = int(re.search(r"#(\d+)", page.inner_text(".crumbs"))[1])  # type: ignore[index]  # the page has one
    staff = journeys.staff_page(browser, stack, "Saskia Vos")
    quote(staff, number, "Kunnen jullie in de inzendingen")
    assert "wil altijd eerst gevraagd worden" in staff.inner_text("main")
    assert staff.locator("form[action$='/quote/']").count() == 0

    page.goto("/consent/")
    with page.expect_navigation():
        page.check("#never", force=True)
    second = journeys.ask_webanizr(page, f"Nog een keer: {ASKS}", "Contactformulier")
    staff.goto(f"/questions/{second}/")
    assert "wil altijd eerst gevraagd worden" in staff.inner_text("main")
