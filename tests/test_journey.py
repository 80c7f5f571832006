"""The main job, from nothing to an exported message, in a real browser against the running product."""

from __future__ import annotations

import re
from typing import Any

from tests import journeys
from tests.local.running import Stack

SIZES = [("light", 1280), ("dark", 1280), ("light", 320), ("dark", 320)]


def test_from_sign_up_to_export(page: Any, stack: Stack, browser: Any) -> None:
    address = journeys.sign_up(page, stack, "Anouk de Vries")
    journeys.make_site(page, "Bakkerij Het Hoekje")

    # change the page: on the page itself, and in the panel
    frame = journeys.frame_of(page)
    heading = frame.locator("h1 [data-edit]").first
    heading.fill("Vers brood om de hoek")
    journeys.saved(page)
    page.fill("[data-path=kicker]", "Bakker sinds 1931")
    frame.wait_for_selector("text=Bakker sinds 1931")
    journeys.saved(page)

    # order by the keyboard, undo and redo over all of it
    blocks = "webanizrEditor.log.blocks.map((block) => block.type)"
    before = page.evaluate(blocks)
    page.locator("#outline li").nth(1).locator("button").nth(2).press("Enter")
    assert page.evaluate(blocks) == [before[0], before[2], before[1], *before[3:]]
    assert "plaats 3" in page.inner_text("#said")
    page.click("#undo")
    assert page.evaluate(blocks) == before
    page.click("#undo")
    frame.wait_for_selector("text=Bakker sinds 1931", state="detached")
    page.click("#redo")
    frame.wait_for_selector("text=Bakker sinds 1931")
    journeys.saved(page)
    page.reload()
    frame = journeys.frame_of(page)
    frame.wait_for_selector("text=Vers brood om de hoek")

    url = journeys.publish(page)
    context = browser.new_context()
    visitor = context.new_page()
    visitor.goto(url)
    assert visitor.inner_text("h1") == "Vers brood om de hoek"
    journeys.fill_in(visitor, url, "Hebben jullie desem op zaterdag? =1+1")
    assert context.cookies() == []
    context.close()

    mail = stack.wait_for_mail(address, after=2)
    body = mail.as_string()
    assert "Contactformulier" in str(mail["Subject"])
    assert "desem" not in body
    assert "vera@example.nl" not in body

    page.goto("/inbox/")
    assert "1 ongelezen" in page.inner_text("main")
    journeys.send(page, "a.mrow__n")
    assert "Hebben jullie desem op zaterdag?" in page.inner_text("main")
    page.goto("/exports/")
    journeys.send(page)
    page.wait_for_selector("text=Download", timeout=30_000)
    with page.expect_download() as download:
        page.click("text=Download")
    text = download.value.path().read_text(encoding="utf-8-sig")
    assert "Vera Visser" in text
    assert "desem op zaterdag? =1+1" in text

    # delete with a way back
    page.goto("/inbox/")
    page.check("input[name=id]")
    journeys.send(page, "text=Verwijderen")
    assert "prullenbak" in page.inner_text("main")
    journeys.send(page, "text=Ongedaan maken")
    assert "Vera Visser" in page.inner_text("main")


def test_every_screen_is_accessible(page: Any, stack: Stack) -> None:
    """Axe finds nothing in light, dark and at 320 px, and nothing scrolls sideways."""
    screens = ["/signup/", "/login/", "/dev/mail/", "/styleguide/", "/does-not-exist/"]
    found: list[str] = []
    look_at(page, screens, found)
    journeys.sign_up(page, stack, "Bo Bakker")
    look_at(page, ["/start/"], found)
    page.goto("/start/")
    journeys.make_site(page, "Bakkerij Bo")
    edit = page.url
    site = re.sub(r"pages/.*", "", edit)
    form = page.evaluate("JSON.parse(document.getElementById('editor-data').textContent).forms[0][0]")
    inside = [
        "/", "/sites/?all", site, f"{site}settings/", f"{site}versions/", f"{site}publish/", edit.replace("edit/", ""),
        f"{site}forms/{form}/?field=email", "/inbox/", "/inbox/?folder=trash", "/exports/", "/settings/",
        "/settings/email/", "/settings/security/", "/settings/team/", "/settings/tokens/", "/account/switch/",
        "/settings/security/app/", "/settings/security/passkeys/add/", edit,
    ]  # fmt: skip
    look_at(page, inside, found)
    assert found == []


def look_at(page: Any, addresses: list[str], found: list[str]) -> None:
    for address in addresses:
        for scheme, width in SIZES:
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size({"width": width, "height": 900})
            page.goto(address)
            if "/edit/" in page.url:
                journeys.frame_of(page).wait_for_selector("h1")
            found += [f"{scheme} {width} {each}" for each in journeys.axe(page)]
            if journeys.sideways(page):
                found.append(f"{scheme} {width} {page.url} scrolls sideways")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.emulate_media(color_scheme="light")
