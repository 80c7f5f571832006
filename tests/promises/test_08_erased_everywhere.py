"""Promise 08: who asks to be erased is erased, in the external systems too; seen through the front door.

Alice makes a website, Vera sends a message, Alice asks to be erased. The external systems are protocol fakes.
"""

from __future__ import annotations

import io
import json
import re
from contextlib import closing
from typing import Any

import pytest

from privacy.erasure.certificate import canonical
from tests import journeys
from tests.journeys import a_day_later
from tests.local.running import Stack

pytestmark = pytest.mark.stack


def ask(page: Any, when: str) -> str:
    """Ask for an erasure from the settings; return the address of its own page."""
    page.goto("/settings/")
    page.click("a[href='/settings/erase/']")
    page.check(f"input[value={when}]", force=True)
    journeys.send(page, "main button.btn--danger")
    assert "Vink dit aan" in page.inner_text("main"), "nothing happens by accident"
    page.check(f"input[value={when}]", force=True)
    page.check("input[name=read]", force=True)
    journeys.send(page, "main button.btn--danger")
    page.wait_for_url(re.compile("/privacy/wissen/"))
    return str(page.url)


def checked(page: Any, stack: Stack, name: str) -> None:
    """Wait until the page says that a system has been looked at; fail with what stands still."""
    for _ in range(300):
        if page.locator(f".state--ok:has-text('{name}')").count():
            return
        page.wait_for_timeout(200)
    raise AssertionError(f"{name}: {still_open(stack)}")


def still_open(stack: Stack) -> list[Any]:
    """Return the steps that haven't ended."""
    with closing(stack.connect("worker")) as connection, connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT kind, target, state, cause, attempts, due_at > now() FROM privacy_erasurestep"
            " WHERE state NOT IN ('verified', 'retained') ORDER BY position"
        )
        return cursor.fetchall()


def count(stack: Stack, sql: str, *values: str) -> int:
    with closing(stack.connect("worker")) as connection, connection, connection.cursor() as cursor:
        cursor.execute(sql, values)
        row = cursor.fetchone()
        assert row is not None
        return int(row[0])


def test_everything_goes_and_is_looked_at_again(page: Any, stack: Stack, browser: Any) -> None:
    address = journeys.sign_up(page, stack, "Alice Bakker")
    journeys.make_site(page, "Bakkerij Weg")
    site = journeys.publish(page)
    visitor = browser.new_context(locale="nl-NL").new_page()
    journeys.fill_in(visitor, site, "Een brood graag")
    before = len([mail for mail in stack.mails() if mail["To"] == address])
    link = ask(page, "now")
    stack.wait_for_mail(address, after=before)
    for name in ("Sleutels", "Mailingplatform", "Statistieken", "Database"):
        checked(page, stack, name)
    assert visitor.goto(site).status == 404
    assert count(stack, "SELECT count(*) FROM accounts_user WHERE email = %s", address) == 0
    page.goto("/")
    assert page.locator("[name=email]").count() == 1, "she is signed out"

    for turn in range(900):
        if turn % 40 == 0:  # what a late page view brought back is erased on one day and looked for on the next
            a_day_later(stack)
        if any("alles is gewist" in str(mail["Subject"]) for mail in stack.mails() if mail["To"] == address):
            break
        page.wait_for_timeout(200)
    else:
        raise AssertionError(f"the certificate was never mailed: {still_open(stack)}")
    page.goto(link)
    page.wait_for_selector("text=Bewijs van wissen")
    assert "Nagekeken" in page.inner_text("main")
    assert journeys.axe(page) == []
    found = page.request.get(page.get_attribute("a[href$='bewijs.json']", "href")).json()
    assert {step["result"] for step in found["certificate"]["steps"]} <= {"verified", "retained"}
    assert address not in json.dumps(found)
    _check_signature(page, found)
    pdf = page.request.get(page.get_attribute("a[href$='bewijs.pdf']", "href")).body()
    assert pdf[:5] == b"%PDF-"
    assert len(io.BytesIO(pdf).getvalue()) > 5000


def _check_signature(page: Any, found: dict[str, Any]) -> None:
    """As anybody can: with the published key and nothing of ours."""
    import base64

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    key = load_pem_public_key(page.request.get("/privacy/bewijs/sleutel.pem").body())
    assert isinstance(key, Ed25519PublicKey)
    key.verify(base64.b64decode(found["signature"]), canonical(found["certificate"]))


def test_seven_days_to_take_it_back(page: Any, stack: Stack, browser: Any) -> None:
    address = journeys.sign_up(page, stack, "Alice Twijfel")
    journeys.make_site(page, "Bakkerij Toch Niet")
    site = journeys.publish(page)
    visitor = browser.new_context(locale="nl-NL").new_page()
    assert visitor.goto(site).status == 200
    ask(page, "week")
    page.wait_for_selector("text=Het plan")
    page.wait_for_selector("text=Nacontrole", timeout=30_000)
    assert journeys.axe(page) == []
    for _ in range(50):
        if visitor.goto(site).status == 404:
            break
        visitor.wait_for_timeout(200)
    else:
        raise AssertionError("the website is still online")
    page.goto("/settings/erase/")
    page.wait_for_url(re.compile("/privacy/wissen/"))
    journeys.send(page, "main button.btn--primary")
    assert "Er wordt niets gewist" in page.inner_text("h1")
    for _ in range(50):
        if visitor.goto(site).status == 200:
            break
        visitor.wait_for_timeout(200)
    else:
        raise AssertionError("the website did not come back")
    assert count(stack, "SELECT count(*) FROM accounts_user WHERE email = %s", address) == 1
