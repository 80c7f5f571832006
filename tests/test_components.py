"""The component library: what its tags draw, the error pages, the mail frame, our own elements in a browser."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.paginator import Paginator
from django.template import Context, Template, TemplateSyntaxError
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils import translation

from webanizr.core import errors, mail
from webanizr.core.styleguide import SampleForm


def draw(source: str, **values: Any) -> str:
    """Return a piece of a template with the component tags loaded."""
    return Template("{% load ui %}" + source).render(Context(values))


# --- components


def test_tags_take_named_arguments_that_they_know() -> None:
    for wrong in (
        '{% button "Bewaar" %}',
        '{% button label="Bewaar" colour="red" %}',
        '{% card titel="x" %}{% endcard %}',
    ):
        with pytest.raises(TemplateSyntaxError):
            draw(wrong)


def test_what_people_typed_is_escaped() -> None:
    bad = "<b>\"'"
    for source in (
        "{% button label=bad name='n' value=bad %}",
        "{% pill label=bad %}",
        "{% card title=bad %}{{ bad }}{% endcard %}",
        "{% callout title=bad %}{{ bad }}{% endcallout %}",
        "{% empty title=bad text=bad %}{{ bad }}{% endempty %}",
        "{% undo text=bad url=bad %}{{ bad }}{% endundo %}",
        "{% copyrow label=bad value=bad %}",
        "{% avatar name=bad %}",
    ):
        assert "<b>" not in draw(source, bad=bad), source


def test_field_says_what_is_wrong() -> None:
    form = SampleForm({"name": "Bakkerij", "wrong": "geen adres"})
    form.is_valid()
    wrong = draw("{% field form.wrong %}", form=form)
    assert 'aria-invalid="true"' in wrong
    (described,) = re.findall(r'aria-describedby="([^"]+)"', wrong)
    assert all(f'id="{name}"' in wrong for name in described.split())
    assert 'value="geen adres"' in wrong
    assert "field--error" not in draw("{% field form.name %}", form=form)
    assert draw("{% field form.one %}", form=form).count("<legend") == 1
    assert 'class="switch"' in draw("{% field form.switch switch=True %}", form=form)


def test_chart_has_its_numbers_as_a_table() -> None:
    with translation.override("nl"):  # a comma in a number would break the drawing
        chart = draw("{% bar_chart points=points label='Berichten' %}", points=[("ma", 3), ("di", 0), ("wo", 7)])
    assert re.findall(r"<td[^>]*>(\d+)</td>", chart) == ["3", "0", "7"]
    assert "," not in "".join(re.findall(r' (?:x|y|width|height)="([^"]+)"', chart))
    assert "10" in re.findall(r'aria-label="([^"]+)"', chart)[0]
    assert "<rect" not in draw("{% bar_chart points=points label='x' %}", points=[])


def test_job_asks_again_until_it_has_ended() -> None:
    source = '{% job job=job title="Export" poll="/x/" %}{% endjob %}'
    job = SimpleNamespace(id=1, state="running", done=1, total=4, message="")
    running = draw(source, job=job)
    assert 'hx-get="/x/"' in running
    assert "25%" in running
    assert draw(source, job=SimpleNamespace(id=1, state="queued", done=0, total=0, message="")).count("<progress") == 1
    for state in ("done", "failed"):
        ended = draw(source, job=SimpleNamespace(id=1, state=state, done=4, total=4, message="Zo is het."))
        assert "hx-get" not in ended
        assert "Zo is het." in ended


def test_pager_and_steps() -> None:
    page = Paginator(range(25), 10)
    assert draw("{% pager page=page %}", page=Paginator(range(5), 10).page(1)).strip() == ""
    middle = draw('{% pager page=page query="a=1" %}', page=page.page(2))
    assert re.findall(r'href="(\?[^"]+)"', middle) == ["?page=1&amp;a=1", "?page=3&amp;a=1"]
    items = [SimpleNamespace(words="een", done=False, url="/1"), SimpleNamespace(words="twee", done=False, url="/2")]
    assert re.findall(r'href="(/\d)"', draw('{% steps items=items action="Doe" %}', items=items)) == ["/1"]


# --- error pages need neither database, session nor context processors


@pytest.mark.parametrize("language", ["nl", "en-gb"])
@pytest.mark.parametrize("status", [400, 403, 404, 429, 500, 503])
def test_error_page(status: int, language: str) -> None:
    request = RequestFactory().get("/", HTTP_ACCEPT_LANGUAGE=language, HTTP_ACCEPT="text/html")
    request.reference = "AB12CD34"  # type: ignore[attr-defined]  # set by the middleware
    request.COOKIES["theme"] = "dark"
    response = errors.page(request, status, retry_after=7 if status == 429 else None)
    text = response.content.decode()
    assert response.status_code == status
    assert f'<html lang="{language}" data-theme="dark">' in text
    assert "AB12CD34" in text
    if status == 429:
        assert "7 second" in text


def test_error_page_of_last_resort(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*arguments: object) -> str:
        raise RuntimeError("no templates")

    monkeypatch.setattr(errors, "render_to_string", broken)
    request = RequestFactory().get("/", HTTP_ACCEPT="text/html")
    request.reference = "AB12CD34"  # type: ignore[attr-defined]  # set by the middleware
    response = errors.page(request, 500)
    assert response.status_code == 500
    assert "AB12CD34" in response.content.decode()
    assert "{%" not in response.content.decode()


def test_mail_frame_is_small_and_asks_for_nothing() -> None:
    html = render_to_string("mail/base.html", {"language": "nl"})
    assert len(html) < 60_000
    assert "http" not in html
    assert "<img" not in html


def test_sent_mail_keeps_its_dark_colours() -> None:
    message = mail.build(to="vera@example.nl", template="mail/code", context={"code": "481062"}, language="nl", key="k")
    html = str(message.alternatives[0][0])
    assert "prefers-color-scheme: dark" in html
    assert 'style="' in html.split("481062")[0].rsplit("<p", 1)[1]


# --- our own elements, in a browser


def test_elements(page: Any) -> None:
    page.emulate_media(color_scheme="light")
    page.goto("/styleguide/")
    page.click("theme-switch [value=dark]")
    assert page.get_attribute("html", "data-theme") == "dark"
    page.reload()
    assert 'data-theme="dark"' in page.request.get("/styleguide/").text()[:200]
    assert page.get_attribute("main theme-switch [value=dark]", "aria-pressed") == "true"

    boxes = page.locator("check-all input[name=id]")
    delete = page.locator("check-all .list__head button").last
    assert not delete.is_visible()
    boxes.nth(0).click()
    boxes.nth(2).click(modifiers=["Shift"])
    assert boxes.nth(1).is_checked()
    assert page.locator("check-all [data-all]").is_checked()
    assert page.inner_text("check-all [data-count]") == "3"
    assert delete.is_visible()
    page.click("check-all [data-all]")
    assert not boxes.nth(0).is_checked()

    with page.expect_navigation():
        page.select_option("auto-submit select", "1")
    assert page.url.endswith("?form=1")


def test_without_script(browser: Any, stack: Any) -> None:
    context = browser.new_context(base_url=stack.app, java_script_enabled=False)
    page = context.new_page()
    page.goto("/styleguide/")
    assert page.is_visible("auto-submit button")
    assert page.locator("check-all .list__head button").last.is_visible()
    assert not page.is_visible("theme-switch")
    assert not page.is_visible(".copyrow button")
    context.close()
