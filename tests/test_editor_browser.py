"""The editor in a real browser: typing, one undo, two people, lost connections, pictures, taking changes back."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image

from tests import journeys
from tests.local.running import Stack


def opened(page: Any, stack: Stack, name: str) -> Any:
    """Sign somebody up with a website; return the editor's frame."""
    journeys.sign_up(page, stack, name)
    journeys.make_site(page, f"Bakkerij {name.split()[0]}")
    return journeys.frame_of(page)


def test_typing_in_the_panel_keeps_the_cursor_and_is_one_step_back(page: Any, stack: Stack) -> None:
    frame = opened(page, stack, "Tess Typ")
    page.click("[data-path=kicker]", click_count=3)
    page.keyboard.type("Sinds 1931", delay=20)
    assert page.input_value("[data-path=kicker]") == "Sinds 1931"
    frame.wait_for_selector("text=Sinds 1931")
    page.click("#undo")
    frame.wait_for_selector("text=Sinds 1931", state="detached")
    page.click("#redo")
    frame.wait_for_selector("text=Sinds 1931")
    journeys.saved(page)


def test_the_keyboard_keeps_its_place_in_the_panel(page: Any, stack: Stack) -> None:
    opened(page, stack, "Kea Keyboard")
    page.locator("#outline li").nth(2).locator("button").first.press("Enter")
    page.locator("#panel fieldset[data-path=items] summary").first.press("Enter")
    page.locator("#panel details[open]").get_by_role("button", name="Omlaag").press("Enter")
    assert page.evaluate("document.activeElement.closest('details').previousElementSibling.tagName") == "DETAILS"
    page.locator(".editor__tabs button").nth(1).press("Enter")
    page.locator("#panel [data-path=tone] :checked").press("ArrowRight")
    assert page.evaluate("document.activeElement.closest('[data-path]')?.dataset.path") == "tone"
    journeys.saved(page)


def test_blocks_are_ordered_copied_deleted_and_added_at_the_block_itself(page: Any, stack: Stack) -> None:
    frame = opened(page, stack, "Bas Blok")
    types = "webanizrEditor.log.blocks.map((block) => block.type)"
    before = page.evaluate(types)
    frame.click(".eb-bar [data-act=down]")
    assert page.evaluate(types)[:2] == [before[1], before[0]]
    frame.click(".eb-bar [data-act=duplicate]")
    assert page.evaluate(types)[:3] == [before[1], before[0], before[0]]
    frame.click(".eb-bar [data-act=remove]")
    assert page.evaluate(types)[:2] == [before[1], before[0]]
    page.click("#undone button")
    assert len(page.evaluate(types)) == len(before) + 1
    frame.click(".eb-add")
    page.click("#picker [data-type=contact]")
    assert "contact" in page.evaluate(types)
    frame.wait_for_selector("[data-type=contact][data-selected]")
    journeys.saved(page)


def test_a_picture_is_described_where_it_is_chosen_and_publishing_leads_there(page: Any, stack: Stack) -> None:
    frame = opened(page, stack, "Pim Plaatje")
    picture = io.BytesIO()
    Image.new("RGB", (900, 600), "teal").save(picture, "JPEG")
    page.set_input_files(
        "#panel input[type=file]", {"name": "w.jpg", "mimeType": "image/jpeg", "buffer": b"no picture"}
    )
    page.wait_for_selector("#panel .field__error")
    jpeg = {"name": "winkel.jpg", "mimeType": "image/jpeg", "buffer": picture.getvalue()}
    page.set_input_files("#panel input[type=file]", jpeg)
    page.wait_for_selector("#panel .picfield__thumb img")
    frame.wait_for_selector("picture img, img")
    page.click("#publish")
    page.click("#publishing .checks__bad a")
    page.wait_for_selector("#panel .picfield__alt textarea:focus")
    page.keyboard.type("De winkel van buiten")
    with page.expect_response("**/pictures/*/"):
        page.keyboard.press("Tab")
    journeys.publish(page)


def test_signed_out_nothing_is_lost_and_nothing_claims_to_be_saved(page: Any, stack: Stack) -> None:
    frame = opened(page, stack, "Uma Uit")
    cookies = page.context.cookies()
    page.context.clear_cookies(name="session")
    frame.locator("h1 [data-edit]").first.fill("Nog niet opgeslagen")
    page.wait_for_selector("#state[data-state=signedout] a")
    assert not page.evaluate("webanizrEditor.saver.clean")
    page.context.add_cookies(cookies)
    journeys.saved(page)
    page.reload()
    journeys.frame_of(page).wait_for_selector("text=Nog niet opgeslagen")


def test_what_could_not_be_saved_meets_what_somebody_else_saved(page: Any, stack: Stack) -> None:
    frame = opened(page, stack, "Cor Conflict")
    other = page.context.new_page()
    other.goto(page.url)
    journeys.frame_of(other).wait_for_selector("h1 [data-edit]")
    page.route("**/save/", lambda route: route.abort())  # as when the connection drops
    frame.locator("h1 [data-edit]").first.fill("Mijn woorden")
    page.wait_for_selector("#state[data-state=offline]")
    journeys.frame_of(other).locator("h1 [data-edit]").first.fill("Woorden van een ander")
    journeys.saved(other)
    page.on("dialog", lambda dialog: dialog.accept())
    page.unroute("**/save/")
    page.reload()
    page.wait_for_selector("#conflict[open]")
    page.keyboard.press("Escape")
    assert page.is_visible("#conflict")
    with page.expect_navigation():
        page.click("#conflict [value=copy]")
    journeys.frame_of(page).wait_for_selector("text=Mijn woorden")
    other.reload()
    journeys.frame_of(other).wait_for_selector("text=Woorden van een ander")
    other.close()


def test_a_change_is_shown_word_by_word_and_taken_back(page: Any, stack: Stack) -> None:
    frame = opened(page, stack, "Ties Terug")
    before = frame.inner_text("h1")
    journeys.publish(page)
    page.click("#online [value=''], #online form button")
    frame = journeys.frame_of(page)
    frame.locator("h1 [data-edit]").first.fill("Iets heel anders")
    journeys.saved(page)
    page.click("#publish")
    assert "Iets heel anders" in page.inner_text("#publishing ins >> nth=0")
    with page.expect_navigation():
        page.click("#publishing .diff form button")
    page.wait_for_selector("#publishing[open]")
    assert page.locator("#publishing .diff").count() == 0
    assert journeys.frame_of(page).inner_text("h1") == before


def test_on_a_phone_blocks_and_settings_are_sheets(page: Any, stack: Stack) -> None:
    opened(page, stack, "Fien Fiets")
    page.set_viewport_size({"width": 390, "height": 844})
    assert not page.is_visible("#panel")
    page.click("[data-sheet-open=panel]")
    page.fill("[data-path=kicker]", "Om de hoek")
    page.keyboard.press("Escape")
    assert not page.is_visible("#panel")
    page.click("[data-press=undo]")
    page.click("[data-sheet-open=outline]")
    page.locator("#outline li").nth(1).locator("button").nth(2).click()
    page.click("[data-press=add]")
    page.click("#picker [data-type=text]")
    journeys.saved(page)
    assert journeys.sideways(page) is False


def test_the_look_shows_before_it_is_stored(page: Any, stack: Stack) -> None:
    """The three questions and the settings of the look have the page itself beside them."""
    journeys.sign_up(page, stack, "Loes Look")
    frame = journeys.frame_of(page)
    page.check("input[value=craft]", force=True)
    page.fill("[name=name]", "Timmerbedrijf Loes")
    frame.wait_for_selector(".site-kade >> text=Timmerbedrijf Loes")
    journeys.make_site(page, "Timmerbedrijf Loes")
    page.goto(page.url.split("pages/")[0] + "settings/")
    frame = journeys.frame_of(page)
    page.check("input[value=nacht]", force=True)
    frame.wait_for_selector("body.site-nacht")
    assert page.input_value("[name=hue]") == "125"
    journeys.send(page)
    assert page.is_checked("input[value=nacht]")
    journeys.frame_of(page).wait_for_selector("body.site-nacht")
