"""Rendering: sound HTML in every theme, the editor's marks only there, colours readable at every hue, small files."""

from __future__ import annotations

import gzip
import json
import re
import time
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.utils import translation

from sites import themes
from sites.blocks import content, drawings, icons, pages
from sites.blocks.base import REGISTRY, Block
from sites.blocks.footer import footer_of, week
from sites.blocks.render import (
    AssetInput,
    FormInput,
    MenuEntry,
    PageInput,
    RenderContext,
    SiteInput,
    first_heading,
    render_block,
    render_body,
    render_page,
)
from sites.fields.base import REGISTRY as FIELDS

ROOT = Path(__file__).resolve().parent.parent
FORM_ID = "00000000-0000-4000-8000-000000000001"
ASSET_ID = "00000000-0000-4000-8000-00000000000a"
SITE = SiteInput(
    "1",
    "Bakkerij Zuiderplein",
    theme="markt",
    hue=30,
    host="bakkerij.example",
    menu=(
        MenuEntry("Brood", "/brood"),
        MenuEntry("Over ons", "/over-ons", current=True),
        MenuEntry("Bestel", "#contact", button=True),
    ),
    tagline="Desem, taart en koffie.",
)
FORM = FormInput(FORM_ID, "Bestellen", [kind.sample() for kind in FIELDS.values()], f"/_f/{FORM_ID}")
ASSET = AssetInput(
    ASSET_ID,
    "/_m/oven.webp",
    1600,
    1200,
    'Een oven "vol" brood',
    "/_m/oven-480.webp 480w, /_m/oven.webp 1600w",
    (20, 81),
)
CONTEXT = RenderContext(
    assets={ASSET_ID: ASSET},
    forms={FORM_ID: FORM},
    css=("/_a/theme.css", "/_a/site.css"),
    js="/_a/form.js",
    icon="/favicon.svg",
)
ORDER = ("hero", "cards", "image_text", "text", "opening_hours", "faq", "contact", "form")
BLOCKS = [REGISTRY[kind].sample(f"block{index:05}") for index, kind in enumerate(ORDER)]
PAGE = PageInput("p", "Home", description="Desem in Rotterdam", blocks=BLOCKS)
VOID = {"meta", "link", "br", "img", "input", "hr"}
SHAPES = {"path", "rect", "circle", "ellipse", "line", "polyline", "polygon"}


class Document(HTMLParser):
    """Reads a page strictly: every element closed, and what the Content-Security-Policy forbids is absent."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.headings: list[int] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        assert len(found) == len(attrs), f"an attribute twice on {tag}"
        assert "style" not in found
        assert not [name for name in found if name.startswith("on")]
        assert tag not in ("style", "iframe", "object", "embed", "base")
        self.tags.append((tag, found))
        if found.get("id"):
            self.ids.append(str(found["id"]))
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in SHAPES

    def handle_endtag(self, tag: str) -> None:
        assert self.open, tag
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "script":
            assert not data.strip()


def check(html: str) -> Document:
    """Return a page after looking at what every page has to be."""
    page = Document(html)
    assert len(page.ids) == len(set(page.ids))
    assert page.headings[0] == 1
    assert page.headings.count(1) == 1
    assert all(later <= earlier + 1 for earlier, later in zip(page.headings, page.headings[1:], strict=False))
    ids = set(page.ids)
    for tag, attrs in page.tags:
        for name in ("aria-labelledby", "aria-describedby", "for"):
            assert set((attrs.get(name) or "").split()) <= ids, (tag, name, attrs.get(name))
        for name in ("src", "href", "action", "srcset"):
            if tag != "a" and attrs.get(name) and attrs.get("rel") != "canonical":
                assert str(attrs[name]).startswith("/"), (tag, attrs[name])
        if tag == "img":
            assert attrs.get("alt") is not None
            assert attrs.get("width")
        if tag in ("input", "select", "textarea") and attrs.get("type") != "hidden":
            assert attrs.get("id") in {found.get("for") for _tag, found in page.tags} or attrs.get("type") in (
                "radio",
                "checkbox",
            )
    return page


def strip_editing(html: str) -> str:
    """Return the editor's markup without what only the editor needs."""
    html = re.sub(
        r'<span data-edit="[^"]*" data-kind="plain" data-label="[^"]*">(.*?)</span>', r"\1", html, flags=re.DOTALL
    )
    html = re.sub(r' data-(?:edit|kind|label|block|type)="[^"]*"', "", html)
    return html.replace(" open>", ">")


@pytest.mark.parametrize("theme", list(themes.THEMES))
def test_every_block_in_every_theme(theme: str) -> None:
    page = check(render_page(PAGE, replace(SITE, theme=theme), CONTEXT))
    assert ("body", {"class": f"site site-{theme}"}) in page.tags
    assert [attrs["src"] for tag, attrs in page.tags if tag == "script"] == ["/_a/form.js"]


@pytest.mark.parametrize("kind", ORDER)
def test_every_blank_and_every_bare_block(kind: str) -> None:
    for block in (REGISTRY[kind].new("block00000"), content.read_block({"id": "block00000", "type": kind})):
        for edit in (False, True):
            html = render_block(block, SITE, replace(CONTEXT, edit=edit))
            Document(html)
            assert ("data-block" in html) is edit


def test_the_editors_page_is_the_published_page_with_marks() -> None:
    published = render_body(PAGE, SITE, CONTEXT)
    edited = render_body(PAGE, SITE, replace(CONTEXT, edit=True, ui_language="en"))
    assert "data-edit" not in published
    assert "data-block" not in published
    assert strip_editing(edited) == published.replace(" open>", ">")
    assert 'data-edit="block00000:heading" data-kind="plain" data-label="Heading">Desem' in edited
    assert 'data-edit="block00005:items.1.answer" data-kind="rich"' in edited
    assert 'data-block="block00007" data-type="form"' in edited


def test_one_block_is_the_same_on_its_own_as_on_the_page() -> None:
    body = render_body(PAGE, SITE, CONTEXT)
    first = first_heading(BLOCKS)
    assert first == "block00000"
    for block in BLOCKS[:1] + BLOCKS[2:]:
        assert render_block(block, SITE, CONTEXT, is_first=block.id == first).replace(" loading=", "") in body


def test_a_page_without_a_form_has_no_script() -> None:
    assert "<script" not in render_page(replace(PAGE, blocks=BLOCKS[:-1]), SITE, CONTEXT)


def test_the_first_heading_of_a_page_is_its_h1() -> None:
    text = content.read_block({"id": "block00010", "type": "text", "body": BLOCKS[3].dump()["body"]})
    page = check(render_page(replace(PAGE, blocks=[BLOCKS[1], text, BLOCKS[0]]), SITE, CONTEXT))
    assert page.headings[:2] == [1, 2]


def test_hostile_words_stay_words() -> None:
    evil = '"><script>alert(1)</script><img src=x onerror=alert(1)>{{ x }}{% debug %}'
    data: dict[str, Any] = json.loads(json.dumps(content.dump(BLOCKS)).replace("Rotterdam", "Rdam"))
    for block in data["blocks"]:
        if "heading" in block:
            block["heading"] = evil[:90]
    data["blocks"][1]["items"][0]["text"] = evil
    data["blocks"][5]["items"][0]["answer"]["content"][0]["content"][0]["text"] = evil
    site = replace(SITE, name=evil, tagline=evil, announcement=evil, menu=(MenuEntry(evil, "/"),), footer_end=(evil,))
    asset = replace(ASSET, alt=evil)
    data["blocks"][0]["image"] = ASSET_ID
    page = PageInput("p", evil, evil, evil, blocks=content.read(data))
    for edit in (False, True):
        html = render_page(page, site, replace(CONTEXT, assets={ASSET_ID: asset}, edit=edit))
        document = check(html)
        assert [tag for tag, _attrs in document.tags if tag == "script"] == ["script"]
        assert "<img src=x" not in html
    check(pages.render_not_found(site, CONTEXT, path=evil))


def test_a_picture_is_described_sized_and_focused() -> None:
    hero = REGISTRY["hero"].sample("block00000").model_copy(update={"image": ASSET_ID})
    html = render_block(hero, SITE, CONTEXT, is_first=True)
    assert 'class="fx2 fy8" src="/_m/oven.webp" srcset="/_m/oven-480.webp 480w, /_m/oven.webp 1600w"' in html
    assert 'alt="Een oven &quot;vol&quot; brood" width="1600" height="1200" fetchpriority="high"' in html
    assert 'loading="lazy"' in render_block(hero, SITE, CONTEXT)
    gone = render_block(hero, SITE, replace(CONTEXT, assets={}))
    assert "<img" not in gone
    assert '<svg class="il"' in gone


def test_search_engines_find_hours_address_and_answers_without_script() -> None:
    html = render_page(PAGE, SITE, CONTEXT)
    assert html.count('itemid="https://bakkerij.example/#us"') == 2
    assert 'itemprop="openingHours" content="Fr 07:30-12:30"' in html
    assert 'href="tel:+31104862210" itemprop="telephone"' in html
    assert "https://schema.org/FAQPage" in html
    assert '<link rel="canonical" href="https://bakkerij.example/">' in html
    assert '<meta name="robots" content="noindex">' in render_page(replace(PAGE, noindex=True), SITE, CONTEXT)


def test_the_page_speaks_the_sites_language() -> None:
    dutch, english = (render_page(PAGE, replace(SITE, language=language), CONTEXT) for language in ("nl", "en-gb"))
    assert '<html lang="nl">' in dutch
    assert "7.30 – 17.30" in dutch
    assert '<html lang="en-gb">' in english
    assert "7:30 – 17:30" in english
    assert "Skip to content" in english


def test_the_footer_takes_over_address_and_hours() -> None:
    columns = footer_of(BLOCKS, "nl")
    assert columns[0].lines[0] == ("Zuiderplein 14", "")
    assert columns[0].lines[2] == ("010 486 22 10", "tel:+31104862210")
    hours = REGISTRY["opening_hours"].sample()
    with translation.override("en"):
        lines = week(hours.days, "nl")  # type: ignore[attr-defined]  # of this block
    assert lines[:3] == ["Monday closed", "Tuesday to Thursday 7.30–17.30", "Friday 7.30–12.30, 13.30–18.00"]
    assert footer_of([], "nl") == ()


# --- pages nobody wrote


def test_the_visitors_other_pages() -> None:
    typed = {"email": ["x"], "long_text": ["Twee brood"], "checkboxes": ["’s avonds", "’s ochtends"]}
    failed = replace(FORM, values=typed, errors={"email": "Er mist iets.", "": "Probeer het nog eens."})
    found = [
        pages.render_not_found(SITE, CONTEXT, path="/paas<b>brood"),
        pages.render_not_found(SITE, CONTEXT),
        pages.render_form_page(SITE, failed, CONTEXT),
        pages.render_confirm(
            SITE, replace(FORM, hidden={"challenge": "t&t"}), CONTEXT, data={**typed, "website": ["spam"]}
        ),
        pages.render_receipt(
            SITE, CONTEXT, pages.Receipt("nu", [("Mail", "<x>")], "morgen", "https://a.example/r", "Tot dan!")
        ),
    ]
    for html in found:
        check(html)
        assert '<meta name="robots" content="noindex">' in html
    assert "/paas&lt;b&gt;brood" in found[0]
    assert "Twee brood</textarea>" in found[2]
    assert "Er mist iets." in found[2]
    assert "Probeer het nog eens." in found[2]
    assert found[3].count('name="checkboxes"') == 2
    assert 'value="t&amp;t"' in found[3]
    assert "spam" not in found[3]
    assert "<script" not in found[3]
    assert "&lt;x&gt;" in found[4]


# --- colours, fonts, weights


@pytest.mark.parametrize("theme", list(themes.THEMES))
def test_every_hue_and_vividness_is_readable(theme: str) -> None:
    for hue in range(360):
        for vividness in themes.VIVIDNESS:
            assert themes.shortfalls(themes.palette(theme, hue, vividness)) == [], (hue, vividness)


def test_a_theme_at_its_own_hue_is_as_designed() -> None:
    colours = themes.palette("kade", 258, 2)
    assert (colours["brand"], colours["bg"], colours["accent"]) == ("#24569f", "#fbfcfe", "#f0bb3b")
    assert themes.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert themes.palette("nacht", 0, 3)["bg"] != themes.palette("nacht", 180, 3)["bg"]


def test_a_sites_sheet_is_plain_hex() -> None:
    css = themes.theme_css("tuin", 90, 1, fonts="/_a/fonts/")
    assert "oklch" not in css
    assert 'src:url("/_a/fonts/literata-latin-600-normal.woff2") format("woff2")' in css
    assert re.search(r"--brand:#[0-9a-f]{6};", css)
    with pytest.raises(KeyError):
        themes.palette("rococo", 1, 2)


@pytest.mark.parametrize("theme", list(themes.THEMES))
def test_a_visitor_loads_little(theme: str) -> None:
    look = themes.THEMES[theme]
    sheets = (themes.theme_css(theme, look.hue, 2) + themes.site_css()).encode()
    assert len(gzip.compress(sheets, 9)) <= 10_000
    assert sum(font.bytes for font in look.fonts) <= 75_000
    assert len(gzip.compress(themes.site_js().encode(), 9)) <= 3_000
    html = render_page(PAGE, replace(SITE, theme=theme), CONTEXT)
    assert len(gzip.compress(html.encode(), 9)) <= 16_000


def test_fonts_and_icons_have_a_known_licence() -> None:
    recorded = {entry["file"]: entry["licence"] for entry in themes.font_manifest()}
    assert set(recorded) == {font.file for look in themes.THEMES.values() for font in look.fonts}
    assert set(recorded.values()) == {"OFL-1.1"}
    assert {path.name for path in (themes.FOLDER / "fonts").glob("*.woff2")} == set(recorded)
    with pytest.raises(KeyError):
        themes.font_file("../../../settings.py")


def test_every_sheet_is_short_and_uses_tokens_for_colours() -> None:
    for path in (themes.FOLDER / "css").glob("*.css"):
        text = path.read_text()
        assert len(text.splitlines()) <= 300
        assert "!important" not in text
        if path.name != "drawings.css":
            assert not re.search(r"#[0-9a-f]{3,8}\b|oklch\(|hsl\(", text), path
        assert "url(" not in text
        assert "@import" not in text


def test_every_class_in_the_templates_has_a_rule() -> None:
    css = themes.site_css()
    known = set(re.findall(r"\.([a-z][a-z0-9_-]*)", css, flags=re.IGNORECASE))
    html = render_page(PAGE, SITE, CONTEXT) + pages.render_not_found(SITE, CONTEXT)
    used = {name for value in re.findall(r'class="([^"]*)"', html) for name in value.split()}
    # Names that only tell what something is.
    assert used - known <= {"site-markt", "cards--tiles", "cards--pictures", "b--plain", "fm__end", "opt"}, used - known


def test_every_drawing_and_icon_is_drawn() -> None:
    for name in drawings.CHOICES:
        if name:
            Document(drawings.svg(name, "Een <tekening>"))
            assert "<script" not in drawings.source(name)
            assert "url(" not in drawings.source(name)
    for name in icons.CHOICES:
        Document(icons.svg(name))
    with pytest.raises(KeyError):
        drawings.svg("../../../base")


def test_the_app_has_an_icon_for_every_block_and_field() -> None:
    sprite = (ROOT / "static/icons/sprite.svg").read_text()
    names = [kind.icon for kind in REGISTRY.values()] + [kind.icon for kind in FIELDS.values()]
    assert [name for name in names if f'<symbol id="{name}"' not in sprite] == []


def test_a_favicon_is_a_letter_on_the_sites_colour() -> None:
    assert "&lt;</text>" in themes.favicon("<b>", "kade", 258, 2)
    assert "·" in themes.favicon("  ", "kade", 258, 2)


def test_rendering_is_fast() -> None:
    render_page(PAGE, SITE, CONTEXT)
    best = min(_seconds(lambda: render_page(PAGE, SITE, CONTEXT)) for _round in range(20))
    assert best < 0.015
    faq: Block = BLOCKS[5]
    assert min(_seconds(lambda: render_block(faq, SITE, CONTEXT)) for _round in range(20)) < 0.005


def _seconds(work: Any) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
