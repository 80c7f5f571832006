"""Promise 10 in both services' browsers: asked, allowed for one form, looked, seen in the log, withdrawn, and gone."""

from __future__ import annotations

import re
from typing import Any

from tests import journeys
from tests.local.running import Stack
from tests.screens import look_at, look_here

ELSEWHERE = "Graag een offerte voor een taart"
WANTED = "Mag ik zaterdag twee broden ophalen?"


def bakery(page: Any, stack: Stack, browser: Any, name: str, *messages: str) -> tuple[str, str]:
    """Sign somebody up with a site online that got messages; return its address, and theirs for mail."""
    address = journeys.sign_up(page, stack, f"{name} Bakker")
    journeys.make_site(page, f"Bakkerij {name}")
    url = journeys.publish(page)
    context = browser.new_context()
    for message in messages:
        journeys.fill_in(context.new_page(), url, message)
    context.close()
    return url, address


def second_form(page: Any, stack: Stack, browser: Any, url: str) -> None:
    """Put another form on the site's first page and let a visitor send it."""
    site = re.search(r"/sites/([0-9a-f-]+)/", page.url)
    assert site
    api = f"{stack.app}/api/v1/sites/{site[1]}/"
    csrf = next(cookie["value"] for cookie in page.context.cookies() if "csrf" in cookie["name"])
    headers = {"X-CSRFToken": csrf, "Referer": stack.app}

    def call(method: str, address: str, data: Any = None) -> Any:
        answer = page.request.fetch(f"{api}{address}", method=method, data=data, headers=headers)
        assert answer.ok, answer.text()
        return answer.json()

    first = call("GET", "forms/")["results"][0]
    form = call("POST", "forms/", {"name": "Offerte aanvragen", "definition": first["definition"]})["id"]
    row = call("GET", "pages/")["results"][0]
    one = call("GET", f"pages/{row['id']}/")
    blocks = one["content"]["blocks"]
    block = next(each for each in blocks if each.get("form"))
    one["content"]["blocks"] = [{**each, "form": form} if each is block else each for each in blocks]
    call("PATCH", f"pages/{row['id']}/", {"content": one["content"], "version": one["version"]})
    call("POST", "publish/")
    page.wait_for_timeout(1100)  # a publish shows within a second
    context = browser.new_context()
    journeys.fill_in(context.new_page(), url, ELSEWHERE)
    context.close()


def log_of(page: Any) -> str:
    page.goto("/consent/")
    return str(page.inner_text(".timeline"))


def test_the_whole_story(page: Any, stack: Stack, browser: Any) -> None:
    url, _address = bakery(page, stack, browser, "Alice", WANTED)
    second_form(page, stack, browser, url)
    found: list[str] = []
    look_at(page, ["/help/", "/consent/", "/consent/agreement/", "/privacy/verwerkers/"], found)

    number = journeys.ask_webanizr(
        page, "Er komt iets vreemds binnen. Ik hoor het graag van jullie.", "Contactformulier"
    )
    look_here(page, found)

    staff = journeys.staff_page(browser, stack, "Sam de Wit")
    staff.goto(f"/questions/{number}/")
    assert WANTED not in staff.content()
    staff.fill("[name=reason]", "Ik wil zien wat er precies binnenkomt bij dit formulier.")
    journeys.send(staff, "form[action$='/ask/'] .btn--block")
    look_here(staff, found)
    assert staff.locator("a[href*='/look/']").count() == 0

    page.goto("/consent/")
    asked = page.inner_text(".ask")
    assert "Sam de Wit" in asked
    assert "Ik wil zien wat er precies binnenkomt" in asked
    boxes = [page.locator(f".ask button[value={each}]").bounding_box() for each in ("refuse", "allow")]
    assert boxes[0]["width"] == boxes[1]["width"]
    assert boxes[0]["height"] == boxes[1]["height"]
    look_here(page, found)
    journeys.send(page, ".ask button[value=allow]")

    staff.goto(f"/questions/{number}/")
    journeys.send(staff, "a[href*='/look/']")
    look_here(staff, found)
    staff.fill("[name=reason]", "Kijken wat er binnenkomt")
    journeys.send(staff, "main form .btn--staff")
    session = staff.url
    assert WANTED not in staff.content()  # the list holds moments, no content
    assert staff.locator(".lookbar .countdown").is_visible()
    assert staff.locator("form[action$='/open/']").count() == 1  # the other form's isn't in it
    look_here(staff, found)
    assert "las één inzending" not in log_of(page)
    journeys.send(staff, "form[action$='/open/'] button")
    assert WANTED in staff.inner_text("main")
    record = staff.url
    look_here(staff, found)
    assert "Sam de Wit (Webanizr) las één inzending" in log_of(page)

    page.goto("/inbox/")
    journeys.send(page, f"li:has-text('{ELSEWHERE}') a.mrow__n")
    unasked = re.search(r"/inbox/([0-9a-f-]+)/", page.url)
    assert unasked
    staff.goto(re.sub(r"/submissions/.*", f"/submissions/{unasked[1]}/", record))
    assert ELSEWHERE not in staff.content()
    staff.goto(record)

    # somebody else of Webanizr
    other = journeys.staff_page(browser, stack, "Sofie Smit")
    assert other.goto(session).status == 404
    assert other.goto(record).status == 404
    assert other.goto(re.sub(r"/look/.*", "/questions/999999/", session)).status == 404

    page.goto("/consent/")
    journeys.send(page, "form[action$='/withdraw/'] button")
    staff.wait_for_selector("text=ingetrokken", timeout=15_000)  # the open page empties by itself
    assert WANTED not in staff.content()
    for address in (session, record):
        assert staff.goto(address).status == 410
        assert WANTED not in staff.content()
    look_here(staff, found)
    look_at(staff, ["/access/", "/questions/", "/key/"], found)

    journeys.send(page, "form[action$='/log/verify/'] button")
    assert "sluiten op elkaar aan" in page.inner_text("#log")
    assert found == []


def test_changing_and_exporting_need_their_own_permission(page: Any, stack: Stack, browser: Any) -> None:
    bakery(page, stack, browser, "Aafke", "Mijn nummer is fout getypt")
    number = journeys.ask_webanizr(page, "Kan iemand meekijken naar dit formulier?", "Contactformulier")
    staff = journeys.staff_page(browser, stack, "Stan de Boer")

    def allowed(action: str) -> None:
        staff.goto(f"/questions/{number}/")
        staff.check(f"[name=action][value={action}]", force=True)
        staff.fill("[name=reason]", f"Dit is nodig voor: {action}")
        journeys.send(staff, "form[action$='/ask/'] .btn--block")
        page.goto("/consent/")
        journeys.send(page, ".ask button[value=allow]")
        staff.goto(f"/questions/{number}/")
        journeys.send(staff, "a[href*='/look/']")
        staff.check(f"[name=action][value={action}]", force=True)
        staff.fill("[name=reason]", f"Nu doen: {action}")
        journeys.send(staff, "main form .btn--staff")

    allowed("change")
    assert staff.locator("form[action$='/export/']").count() == 0
    journeys.send(staff, "form[action$='/open/'] button")
    field = staff.locator("form[action$='/change/'] textarea").last
    field.fill("Mijn nummer is verbeterd")
    journeys.send(staff, "form[action$='/change/'] >> nth=-1 >> button")
    assert "Mijn nummer is verbeterd" in staff.inner_text(".sealed")
    assert "wijzigde één inzending" in log_of(page)
    journeys.send(staff, ".lookbar form button")
    page.goto("/inbox/")
    assert "Mijn nummer is verbeterd" in page.inner_text("main")
    page.goto("/consent/")
    journeys.send(page, "form[action$='/withdraw/'] button")

    allowed("export")
    journeys.send(staff, "form[action$='/export/'] button")
    for _ in range(60):
        if staff.locator("a[href*='/exports/']").count():
            break
        staff.wait_for_timeout(300)
        staff.reload()
    with staff.expect_download() as fetched:
        staff.click("a[href*='/exports/']")
    assert "Mijn nummer is verbeterd" in fetched.value.path().read_text(encoding="utf-8-sig")
    assert "exporteerde 1 inzending" in log_of(page)


def test_staff_without_a_second_factor_see_nothing(page: Any, stack: Stack, browser: Any) -> None:
    address, code = journeys.let_in(stack, "Sara Nieuw")
    staff = browser.new_context(base_url=stack.staff, locale="nl-NL").new_page()
    journeys.sign_in(staff, stack, address)
    for path in ("/questions/", "/access/", "/admin/", "/admin/accounts/user/"):
        staff.goto(path)
        assert "/key/" in staff.url, path
    staff.goto("/key/app/")
    assert staff.url.endswith("/key/")  # no key is set without the deployment's code
    staff.fill("[name=code]", "geraden")
    journeys.send(staff)
    assert "klopt niet" in staff.inner_text("main")
    staff.fill("[name=code]", code)
    journeys.send(staff)
    journeys.send(staff, "a[href*='/key/app/']")
    secret = staff.inner_text("copy-row code")
    staff.fill("[name=code]", journeys.totp(secret))
    with staff.expect_navigation(url=re.compile("/(questions|admin)/")):
        staff.click(journeys.PRIMARY)
    # a new browser: the code by mail alone leads to the app's code
    second = browser.new_context(base_url=stack.staff, locale="nl-NL").new_page()
    journeys.sign_in(second, stack, address)
    second.wait_for_url(re.compile("/login/two/"))
    second.goto("/questions/")
    assert "/login/" in second.url

    # a customer with a passkey of their own is nobody here
    customer = browser.new_context(base_url=stack.staff, locale="nl-NL").new_page()
    address = journeys.sign_up(page, stack, "Carla Klant")
    journeys.sign_in(customer, stack, address)
    for path in ("/questions/", "/access/", "/key/", "/admin/"):
        assert customer.goto(path).status == 403, path
