"""Blocks: one class and one template each, strict about what they take, with messages at the field."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from sites.blocks import content
from sites.blocks.base import REGISTRY
from sites.blocks.inputs import AssetInput, RenderContext
from sites.blocks.render import render_block
from sites.blocks.scene import inline_fields
from sites.schema import rich
from sites.schema.links import check_href
from tests.contents import EIGHT, SITE, page, problems_of
from webanizr.local.place import ROOT

pytestmark = pytest.mark.usefixtures("english")


kinds = pytest.mark.parametrize("kind", sorted(EIGHT))


def test_the_eight_blocks_are_there() -> None:
    assert set(REGISTRY) >= EIGHT


def test_blocks_and_fields_know_no_database() -> None:
    for folder in ("blocks", "fields", "schema"):
        for path in (ROOT / "sites" / folder).glob("*.py"):
            text = path.read_text()
            assert not re.search(r"django\.db|sites\.models|sites\.views|sites\.services", text), path


@kinds
def test_a_block_reads_back_what_it_stored(kind: str) -> None:
    for block in (REGISTRY[kind].sample(), REGISTRY[kind].new()):
        assert content.read(json.loads(json.dumps(content.dump([block])))) == [block]


@kinds
def test_a_stored_version_keeps_rendering(kind: str) -> None:
    samples = sorted((ROOT / "tests/data/blocks").glob(f"{kind}-*.json"))
    assert len(samples) >= REGISTRY[kind].version
    for path in samples:
        block = content.read_block(json.loads(path.read_text()))
        assert block.heading_text() in render_block(block, SITE, RenderContext())


def test_an_old_version_is_upgraded_when_it_is_read() -> None:
    hero = REGISTRY["hero"]

    class Hero2(hero):  # type: ignore[misc, valid-type]  # a class that is chosen at run time
        """The hero of tomorrow."""

        version = 2

        @classmethod
        def upgrade(cls, data: dict[str, Any], from_version: int) -> dict[str, Any]:
            """Return data with the heading under its new name."""
            assert from_version == 1
            return {"heading": data.pop("title"), **data}

    try:
        block = content.read_block({"id": "abcdefgh", "type": "hero", "title": "Vroeger"})
        assert block.heading_text() == "Vroeger"
        assert block.dump()["v"] == 2
    finally:
        REGISTRY["hero"] = hero
    assert problems_of(page({"type": "hero", "v": 2}))[0]["message"].startswith("This was made by a newer")


@pytest.mark.parametrize(
    ("block", "loc", "message"),
    [
        ({"type": "nope"}, [], "We don't know this kind."),
        ({}, [], "The kind is missing."),
        ({"type": "hero", "colour": "red"}, ["colour"], "This is not a setting we know."),
        ({"type": "hero", "\ud800": 1}, [], "The text holds a character that can't be stored."),
        ({"type": "hero", "z" * 99: 1}, ["z" * 60], "This is not a setting we know."),
        ({"type": "hero", "heading": 3}, ["heading"], "This has to be text."),
        ({"type": "hero", "heading": "x" * 91}, ["heading"], "Use at most 90 characters."),
        ({"type": "hero", "heading": "a\0b"}, ["heading"], "The text holds an invisible control character."),
        ({"type": "hero", "heading": "a\ud800"}, ["heading"], "The text holds a character that can't be stored."),
        ({"type": "hero", "heading": "a\nb"}, ["heading"], "The text holds an invisible control character."),
        ({"type": "hero", "facts": [{"text": "ok"}, {"text": 1}]}, ["facts", 1, "text"], "This has to be text."),
        ({"type": "hero", "facts": [{}] * 5}, ["facts"], "At most 4 are possible."),
        ({"type": "hero", "facts": "x"}, ["facts"], "This has to be a list."),
        ({"type": "hero", "button": {"label": "x", "href": "javascript:x"}}, ["button", "href"], "A link starts with"),
        ({"type": "hero", "image": "../../etc"}, ["image"], "This is not written the way it should be."),
        ({"type": "cards", "look": "carousel"}, ["look"], "Choose one of the options."),
        ({"type": "faq", "first_open": "yes"}, ["first_open"], "This has to be yes or no."),
        ({"type": "opening_hours", "days": [{"day": "mo"}, {"day": "mo"}]}, ["days"], "This day is already"),
        ({"type": "opening_hours", "days": [{"opens": "25:00"}]}, ["days", 0, "opens"], "This is not written"),
        ({"type": "contact", "email": "a@b"}, ["email"], "This is not written the way it should be."),
        ({"type": "text", "body": "<b>x</b>"}, ["body"], "This has to be an object."),
        ({"type": "text", "id": "NO"}, ["id"], "This is not written the way it should be."),
    ],
)
def test_a_wrong_value_has_a_message_at_its_field(block: dict[str, Any], loc: list[Any], message: str) -> None:
    found = problems_of(page(REGISTRY["text"].sample().dump(), block))
    assert found[0]["loc"] == ["blocks", 1, *loc]
    assert found[0]["message"].startswith(message)


@pytest.mark.parametrize(
    "data", [None, [], "x", 3, {"blocks": "x"}, {"blocks": [None]}, {"blocks": [[]]}, {"x": object()}]
)
def test_content_of_the_wrong_shape_is_refused(data: object) -> None:
    assert problems_of(data)


def test_too_much_content_is_refused() -> None:
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    assert problems_of({"blocks": deep})[0]["message"] == "The content is nested too deeply."
    assert problems_of({"blocks": [], "x": "y" * 600_000})[0]["message"].startswith("The page is too big")
    block = REGISTRY["text"].new()
    assert problems_of(page(*({"type": "text"},) * 201))[0]["loc"] == ["blocks"]
    assert problems_of({"blocks": [block.dump(), block.dump()]})[0]["message"] == "Two parts have the same id."


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("https://bakker.nl/a?b=c#d", "https://bakker.nl/a?b=c#d"),
        ("bakker.nl/brood", "https://bakker.nl/brood"),
        ("hallo@bakker.nl", "mailto:hallo@bakker.nl"),
        ("tel:010 486 22 10", "tel:0104862210"),
        ("tel:+31 (0)10-4862210", "tel:+31104862210"),
        ("/contact", "/contact"),
        ("#contact", "#contact"),
        ("", ""),
    ],
)
def test_a_link_is_kept_or_completed(typed: str, stored: str) -> None:
    assert check_href(typed) == stored


@pytest.mark.parametrize(
    "href",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\nscript:alert(1)",
        "\x01javascript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https://bank.nl@evil.example",
        "https:evil.example",
        "https://",
        "https://[",
        "https://a:b",
        "https://a b",
        "https://a\u202eb.nl",
        "/x\0y",
        "tel:<script>",
        "contact",
        "x" * 501,
    ],
)
def test_a_hostile_link_is_refused(href: str) -> None:
    with pytest.raises(Exception, match=r"link starts|Too long"):
        check_href(href)


def test_the_json_schema_knows_every_block() -> None:
    schema = content.json_schema()
    assert schema["properties"]["blocks"]["items"]["discriminator"]["propertyName"] == "type"
    hero = schema["$defs"]["Hero"]["properties"]
    assert hero["heading"]["title"] == "Heading"
    assert hero["heading"]["x-webanizr"]["inline"] is True
    assert hero["intro"]["properties"]["type"] == {"const": "doc"}
    assert hero["picture_side"]["enum"] == ["right", "left"]


def test_the_editor_knows_what_is_edited_on_the_page() -> None:
    found = inline_fields(REGISTRY["faq"])
    assert found == {"heading": "plain", "intro": "plain", "items.*.question": "plain", "items.*.answer": "rich"}
    assert inline_fields(REGISTRY["hero"])["button.label"] == "plain"


# --- going online


def test_samples_may_go_online_together() -> None:
    blocks = [REGISTRY[kind].sample() for kind in sorted(EIGHT)]
    blocks += [content.read_block({"id": "anchor0001", "type": "text", "anchor": "brood", **_body()})]
    assert content.publish_problems(blocks, paths={"/", "/over-ons"}) == []


def _body() -> dict[str, Any]:
    return {"body": rich.document("Brood.")}


def test_what_is_missing_stops_publishing() -> None:
    asset = "00000000-0000-4000-8000-00000000000a"
    data = page(
        {
            "type": "hero",
            "button": {"label": "Koop", "href": ""},
            "second": {"label": "", "href": "/x"},
            "image": asset,
        },
        {"type": "cards", "items": [{}], "anchor": "a"},
        {"type": "text", "heading": "Kop", "anchor": "a", "button": {"label": "Weg", "href": "/weg"}},
        {"type": "form"},
        {"type": "contact", "heading": "Contact", "route": {"label": "Naar", "href": "#nergens"}},
        {
            "type": "opening_hours",
            "heading": "Open",
            "days": [{"opens": "09:00"}, {"day": "tu", "opens": "12:00", "closes": "09:00"}],
        },
    )
    blocks = content.read(data)
    assets = {asset: AssetInput(asset, "/x.webp", 10, 10)}
    found = content.publish_problems(blocks, assets=assets, forms=(), paths={"/"})
    by_path = {(blocks.index(next(b for b in blocks if b.id == p.block_id)), p.path) for p in found}
    assert by_path == {
        (0, "heading"),
        (0, "button.href"),
        (0, "second.label"),
        (0, "second.href"),
        (0, "image"),
        (1, "items.0.heading"),
        (2, "body"),
        (2, "anchor"),
        (2, "button.href"),
        (3, "form"),
        (3, "heading"),
        (4, "phone"),
        (4, "route.href"),
        (5, "days.0.closes"),
    }
    assert content.publish_problems([])[0].message == "This page is empty. Add a block."
    assert content.asset_ids(blocks) == {asset}
