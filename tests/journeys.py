"""Ways through the product in a real browser, shared by tests."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import struct
import time
from contextlib import closing
from typing import Any

from axe_playwright_python.sync_playwright import Axe

from tests.local.running import Stack

PRIMARY = "main button.btn--primary"


def code_for(stack: Stack, address: str, *, after: int = 0) -> str:
    """Return the code from the newest mail to somebody."""
    subject = str(stack.wait_for_mail(address, after=after)["Subject"])
    found = re.search(r"\d{6}", subject)
    assert found, subject
    return found[0]


def send(page: Any, selector: str = PRIMARY) -> None:
    """Press a button that leads to a next page (or the same one again) and wait for that."""
    with page.expect_navigation():
        page.click(selector)


def sign_up(page: Any, stack: Stack, name: str) -> str:
    """Sign somebody up; return their address. Ends at the three questions."""
    address = f"{name.split()[0].lower()}{time.time_ns()}@example.nl"
    page.goto("/")
    page.fill("[name=name]", name)
    page.fill("[name=email]", address)
    send(page)
    page.fill("[name=code]", code_for(stack, address))
    send(page)
    page.wait_for_url(re.compile("/start/"))
    return address


def sign_in(page: Any, stack: Stack, address: str) -> None:
    """Sign somebody in with the code from the mail; ends where the product leads to next."""
    before = len([mail for mail in stack.mails() if mail["To"] == address])
    page.goto("/login/")
    page.fill("[name=email]", address)
    send(page)
    page.fill("[name=code]", code_for(stack, address, after=before))
    send(page)


def make_site(page: Any, name: str) -> None:
    """Answer the three questions; ends in the editor with the page shown in its frame."""
    page.check("input[value=shop]", force=True)
    page.fill("[name=name]", name)
    page.fill("[name=place]", "Rotterdam")
    send(page)
    page.wait_for_url(re.compile("/edit/"))
    frame_of(page).wait_for_selector("h1 [data-edit]")


def frame_of(page: Any) -> Any:
    """Return the editor's frame."""
    for _ in range(100):
        found = [frame for frame in page.frames if "//frame." in frame.url]
        if found:
            return found[0]
        page.wait_for_timeout(50)
    raise AssertionError("the frame did not load")


def saved(page: Any) -> None:
    """Wait until the editor says that everything is stored."""
    for _ in range(200):
        if page.evaluate("webanizrEditor.saver.clean"):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"not saved: {page.inner_text('#state')}")


def publish(page: Any) -> str:
    """Put the site online from the editor; return its address."""
    page.click("#publish")
    page.wait_for_selector("#publishing [type=submit], #publishing .btn--primary")
    send(page, "#publishing .publish__foot .btn--primary")
    page.wait_for_selector("#online[open]")
    return str(page.locator("#online a").get_attribute("href")).rstrip("/")


def fill_in(visitor: Any, url: str, message: str, *, name: str = "Vera Visser", email: str = "vera@example.nl") -> None:
    """Send a site's contact form as a visitor."""
    visitor.goto(url)
    visitor.fill("form [name=name]", name)
    visitor.fill("form [name=email]", email)
    visitor.fill("form [name=message]", message)
    visitor.wait_for_timeout(3200)  # nobody types that fast: the form's own time trap
    visitor.click("form button[type=submit]")
    visitor.wait_for_load_state()
    if "/bedankt" not in visitor.url:  # the proof of work wasn't there yet: one more click
        visitor.click("form button[type=submit]")
    visitor.wait_for_url(re.compile("/bedankt"))


STILL = """
Promise.all(document.getAnimations().filter((each) => each instanceof CSSTransition).map((each) => each.finished))
    .then(() => null, () => null)
"""


def axe(page: Any) -> list[str]:
    """Return what axe finds on the page as it is, in short.

    It waits for what moves: halfway to another colour scheme a button's colours aren't those of any design.
    """
    page.evaluate(STILL)
    found = Axe().run(page).response["violations"]
    return [f"{page.url} {each['id']}: {each['nodes'][0]['html'][:160]}" for each in found]


def sideways(page: Any) -> bool:
    """Whether the page scrolls sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth + 1"))


def totp(secret: str) -> str:
    """Return the code an authenticator app shows now (RFC 6238)."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", int(time.time()) // 30), hashlib.sha1).digest()
    offset = digest[-1] & 15
    number = struct.unpack(">I", digest[offset : offset + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"


# --- the staff service


def let_in(stack: Stack, name: str) -> tuple[str, str]:
    """Let somebody work at Webanizr, as a deployment does it; return their address and enrolment code."""
    address, code = f"{name.split()[0].lower()}{time.time_ns()}@webanizr.example", f"code-{time.time_ns()}"
    with closing(stack.connect("migrator")) as connection, connection, connection.cursor() as cursor:
        cursor.execute("SET LOCAL row_security = on")
        cursor.execute("SELECT staff_set(%s, %s, 'support', true)", [address, name])
        (user_id,) = cursor.fetchone() or ("",)
        cursor.execute(
            "SELECT staff_enrol(%s, sha256(%s::bytea), now() + interval '1 hour', false)", [user_id, code.encode()]
        )
    return address, code


def fingerprint_reader(page: Any) -> None:
    """Give the browser something that holds passkeys and says yes by itself."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def staff_page(browser: Any, stack: Stack, name: str) -> Any:
    """Return a page of somebody who works at Webanizr, signed in at the staff service with a passkey of theirs."""
    address, code = let_in(stack, name)
    page = browser.new_context(base_url=stack.staff, locale="nl-NL").new_page()
    fingerprint_reader(page)
    sign_in(page, stack, address)
    page.wait_for_url(re.compile("/key/"))
    page.fill("[name=code]", code)
    send(page)
    page.click("a[href*='/key/passkey/']")
    page.fill("[name=name]", "Sleutel")
    with page.expect_navigation(url=re.compile("/questions/")):
        page.click(PRIMARY)
    return page


def ask_webanizr(page: Any, text: str, about: str = "") -> int:
    """Ask a question as a customer; return its number. `about`: words of the choice."""
    page.goto("/help/")
    page.fill("[name=subject]", "Er komt niets binnen")
    page.fill("[name=body]", text)
    if about:
        page.select_option("[name=about]", label=about)
    send(page, "button[value=send]")
    page.wait_for_url(re.compile(r"/help/[0-9a-f-]+/"))
    found = re.search(r"#(\d+)", page.inner_text(".crumbs"))
    assert found
    return int(found[1])


def a_day_later(stack: Stack) -> None:
    """Let the erasures' clock say that a day has gone by since the last step."""
    with closing(stack.connect("eraser")) as connection, connection, connection.cursor() as cursor:
        cursor.execute(
            "UPDATE privacy_erasurestep SET changed_at = changed_at - interval '25 hours', due_at = now()"
            " WHERE state <> 'leased'"
        )
