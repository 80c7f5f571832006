"""Blocks: one class and one template each, strict about what they take, with messages at the field."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.http import QueryDict
from django.template import engines
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

import sites.blocks
import sites.fields
from sites.blocks import content
from sites.blocks.base import REGISTRY, Block, new_id
from sites.blocks.inputs import AssetInput, RenderContext, SiteInput
from sites.blocks.render import render_block
from sites.blocks.scene import inline_fields
from sites.fields.base import REGISTRY as FIELDS
from sites.reference import documents
from sites.schema import rich
from sites.schema.links import check_href
from sites.schema.panel import Library, PanelForm, panel_apply, panel_form, panel_initial
from sites.schema.problems import ContentError
from sites.schema.source import from_source, to_source

ROOT = Path(__file__).resolve().parent.parent
SITE = SiteInput("1", "Bakkerij Zuiderplein", theme="markt", hue=30, host="bakkerij.example")
EIGHT = {"hero", "text", "image_text", "cards", "opening_hours", "contact", "faq", "form"}
kinds = pytest.mark.parametrize("kind", sorted(EIGHT))


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with translation.override("en"):
        yield


def problems_of(data: object) -> list[dict[str, Any]]:
    with pytest.raises(ContentError) as caught:
        content.read(data)
    return caught.value.problems


def page(*blocks: dict[str, Any]) -> dict[str, Any]:
    return {"schema_version": 1, "blocks": [{"id": new_id(), **block} for block in blocks]}


def posted(form: PanelForm) -> QueryDict:
    """Return what a browser sends for a settings form as it is shown."""
    data = QueryDict(mutable=True)

    def fill(panel: PanelForm) -> None:
        for row in panel.rows():
            if row.field is not None:
                value = row.field.value()
                if isinstance(value, bool):
                    if value:
                        data[row.field.html_name] = "on"
                else:
                    data[row.field.html_name] = "" if value is None else str(value)
            elif row.group is not None:
                fill(row.group)
            elif row.items is not None:
                data[row.items.count_name] = str(len(row.items.forms))
                for item in row.items.forms:
                    fill(item)

    fill(form)
    return data


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


class Tags(HTMLParser):
    """Collects every tag and attribute."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.hrefs: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        assert {name for name, _value in attrs} <= {"href"}
        self.hrefs += [value or "" for _name, value in attrs]


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.sampled_from(["doc", "paragraph", "text", "link", "javascript:x"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["type", "content", "marks", "attrs", "text"]), inner)
    ),
    max_leaves=12,
)
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20)
MARK = st.sampled_from(
    [{"type": "strong"}, {"type": "em"}, {"type": "link", "attrs": {"href": 'https://a.nl/?x="><script>'}}]
)
WORDS = st.builds(lambda text, marks: {"type": "text", "text": text, "marks": marks}, TEXT, st.lists(MARK, max_size=2))
PARAGRAPH = st.builds(lambda inner: {"type": "paragraph", "content": inner}, st.lists(WORDS, max_size=3))


@given(JSON)
@settings(max_examples=200, deadline=None)
def test_any_json_as_rich_text_is_refused_or_safe(value: Any) -> None:
    try:
        doc = rich.check({"type": "doc", "content": value})
    except Exception as error:
        assert type(error).__name__ == "PydanticCustomError"  # noqa: PT017  # nothing else may come out
        return
    rich.render(doc)


@given(st.lists(PARAGRAPH, min_size=1, max_size=4))
@settings(max_examples=200, deadline=None)
def test_rich_text_renders_only_allowed_tags(paragraphs: list[Any]) -> None:
    try:
        doc = rich.check({"type": "doc", "content": paragraphs})
    except Exception as error:
        assert "link" in str(error) or "emphasis" in str(error) or "editor" in str(error)  # noqa: PT017  # a refusal
        return
    tags = Tags()
    tags.feed(rich.render(doc))
    assert tags.seen <= {"p", "strong", "em", "a", "br"}
    assert all(href.startswith("https://") for href in tags.hrefs)


@pytest.mark.parametrize(
    "node",
    [
        {"type": "image"},
        {"type": "heading", "attrs": {"level": 1}},
        {"type": "paragraph", "attrs": {"onclick": "x"}},
        {"type": "paragraph", "content": [{"type": "text", "text": ""}]},
        {"type": "paragraph", "content": [{"type": "text", "text": "x", "marks": [{"type": "code"}]}]},
        {"type": "paragraph", "content": [{"type": "text", "text": "x", "marks": [{"type": "em"}, {"type": "em"}]}]},
        {"type": "paragraph", "content": [{"type": "paragraph"}]},
        {"type": "bullet_list", "content": [{"type": "paragraph"}]},
        {"type": "bullet_list"},
    ],
)
def test_rich_text_that_the_editor_cant_make_is_refused(node: dict[str, Any]) -> None:
    assert problems_of(page({"type": "text", "body": {"type": "doc", "content": [node]}}))[0]["loc"] == [
        "blocks",
        0,
        "body",
    ]


def test_rich_text_has_limits() -> None:
    item: Any = {"type": "paragraph"}
    for _ in range(8):
        item = {"type": "bullet_list", "content": [{"type": "list_item", "content": [item]}]}
    found = problems_of(page({"type": "text", "body": {"type": "doc", "content": [item]}}))
    assert found[0]["message"] == "The lists are nested too deeply."
    many = {"type": "doc", "content": [{"type": "paragraph"}] * 2001}
    assert problems_of(page({"type": "text", "body": many}))[0]["message"] == "Use at most 20000 characters."
    found = problems_of(page({"type": "hero", "intro": {"type": "doc", "content": [{"type": "bullet_list"}]}}))
    assert found[0]["message"] == "This kind of text is not possible here."


def test_the_editors_schema_is_the_same_list() -> None:
    spec = rich.prosemirror(rich.PARAGRAPHS)
    assert set(spec["nodes"]) == {"doc", "paragraph", "text", "hard_break"}
    assert set(rich.prosemirror(rich.BODY)["nodes"]) == set(rich.BLOCKS) | {"doc", "text", "hard_break", "list_item"}


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


# --- the settings form


@pytest.mark.parametrize("kind", [*sorted(EIGHT), *sorted(FIELDS)])
def test_the_settings_form_returns_what_it_shows(kind: str) -> None:
    made = REGISTRY[kind] if kind in EIGHT else FIELDS[kind]
    for part in (made.sample(), made.new()):
        form = panel_form(made)(instance=part)
        again = panel_form(made)(posted(form), instance=part)
        assert again.is_valid(), again.all_errors()
        assert again.save() == part
        assert panel_apply(part, panel_initial(part)) == part


def test_the_settings_form_adds_moves_and_removes_items() -> None:
    faq = REGISTRY["faq"].sample()
    made = panel_form(type(faq))

    def after(operation: str) -> list[str]:
        data = posted(made(instance=faq))
        data["op"] = operation
        form = made(data, instance=faq)
        assert form.is_valid()
        return [item.question[:3] for item in form.save().items]

    assert after("") == ["Tot", "Heb", "Kan"]
    assert after("add:items") == ["Tot", "Heb", "Kan", ""]
    assert after("up:items:1") == ["Heb", "Tot", "Kan"]
    assert after("down:items:1") == ["Tot", "Kan", "Heb"]
    assert after("up:items:0") == ["Tot", "Heb", "Kan"]
    assert after("down:items:2") == ["Tot", "Heb", "Kan"]
    assert after("remove:items:0") == ["Heb", "Kan"]
    assert after("remove:items:99") == after("remove:id:0") == after("drop:items:1") == ["Tot", "Heb", "Kan"]


def test_the_settings_form_puts_messages_at_the_field_and_loses_nothing() -> None:
    faq = REGISTRY["faq"].sample()
    made = panel_form(type(faq))
    data = posted(made(instance=faq))
    data["heading"] = "x\x07"
    data["items-1-answer"] = "[klik](javascript:alert)"
    data["items-2-question"] = "y" * 201
    form = made(data, instance=faq)
    assert not form.is_valid()
    assert sorted(tuple(map(str, error["loc"])) for error in form.all_errors()) == [
        ("heading",),
        ("items", "1", "answer"),
        ("items", "2", "question"),
    ]
    assert form.lists["items"].forms[1]["answer"].value() == "[klik](javascript:alert)"
    data["items-count"] = "999999999"
    assert not made(data, instance=faq).is_valid()
    data["items-count"] = "-1; drop"
    assert made(QueryDict("items-count=x"), instance=faq).is_valid()


def test_the_settings_form_keeps_what_was_not_sent() -> None:
    hero = REGISTRY["hero"].sample()
    form = panel_form(type(hero))(QueryDict("heading=Nieuw"), instance=hero)
    assert form.is_valid()
    assert form.save() == hero.model_copy(update={"heading": "Nieuw"})


def test_the_settings_form_offers_the_library() -> None:
    asset, form_id = "00000000-0000-4000-8000-00000000000a", "00000000-0000-4000-8000-00000000000b"
    library = Library(images=[(asset, "oven.jpg")], forms=[(form_id, "Bestellen")])
    block = REGISTRY["form"].new()
    form = panel_form(type(block))(QueryDict(f"form={form_id}"), instance=block, library=library)
    assert form.is_valid()
    assert form.save().form == form_id
    stranger = panel_form(type(block))(QueryDict(f"form={asset}"), instance=block, library=library)
    assert [error["loc"] for error in stranger.all_errors()] == [["form"]] or not stranger.is_valid()


@given(st.lists(PARAGRAPH, min_size=1, max_size=4))
@settings(max_examples=100, deadline=None)
def test_rich_text_survives_plain_typing(paragraphs: list[Any]) -> None:
    try:
        doc = rich.check({"type": "doc", "content": paragraphs})
    except Exception:
        return
    again = rich.check(from_source(to_source(doc)))
    assert "".join(rich.texts(again)).split() == "".join(rich.texts(doc)).split()


def test_plain_typing_makes_rich_text() -> None:
    doc = from_source(
        "Een **vet** woord\nen *meer*\n\n- een\n  - dieper\n- twee\n\n1. eerst\n\n### Kop\n[link](/a) \\*ster"
    )
    html = rich.render(rich.check(doc))
    assert html == (
        "<p>Een <strong>vet</strong> woord<br>en <em>meer</em></p>"
        "<ul><li><p>een</p><ul><li><p>dieper</p></li></ul></li>"
        '<li><p>twee</p></li></ul><ol><li><p>eerst</p></li></ol><h3>Kop</h3><p><a href="/a">link</a> *ster</p>'
    )


# --- documentation and the ninth block


def test_the_reference_is_up_to_date() -> None:
    for path, text in documents().items():
        assert path.read_text() == text, f"Run: python3 manage.py reference ({path.name} is old)"


def pieces(document: str) -> tuple[str, str]:
    text = (ROOT / "docs" / document).read_text()
    found = re.findall(r"```(?:python|html)\n(.*?)```", text, flags=re.DOTALL)
    return found[0], found[1]


@pytest.fixture
def workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A place where one more module and one more template are found."""
    for folder in ("blocks", "fields", "templates/blocks", "templates/fields"):
        (tmp_path / folder).mkdir(parents=True)
    monkeypatch.setattr(sites.blocks, "__path__", [*sites.blocks.__path__, str(tmp_path / "blocks")])
    monkeypatch.setattr(sites.fields, "__path__", [*sites.fields.__path__, str(tmp_path / "fields")])
    engine: Any = engines["django"]
    monkeypatch.setattr(engine.engine, "dirs", [*engine.engine.dirs, tmp_path / "templates"])
    blocks, fields = dict(REGISTRY), dict(FIELDS)
    yield tmp_path
    REGISTRY.clear()
    REGISTRY.update(blocks)
    FIELDS.clear()
    FIELDS.update(fields)
    for name in ("sites.blocks.quote", "sites.fields.postal_code"):
        sys.modules.pop(name, None)


def test_a_ninth_block_is_one_class_and_one_template(workshop: Path) -> None:
    code, template = pieces("blocks.md")
    (workshop / "blocks/quote.py").write_text(code)
    (workshop / "templates/blocks/quote.html").write_text(template)
    sites.blocks.discover()
    block: Block = content.read_block({"id": "abcdefgh", "type": "quote", **REGISTRY["quote"].example()})
    html = render_block(block, SITE, RenderContext(edit=True))
    assert 'data-edit="abcdefgh:text" data-kind="plain" data-label="Quote">De korst kraakt zo hard.</span>' in html
    assert "Quote" in content.json_schema()["$defs"]
    form = panel_form(type(block))(QueryDict("text=Lekker+brood"), instance=block)
    assert form.is_valid()
    assert form.save().text == "Lekker brood"
    assert problems_of(page({"type": "quote", "text": 3}))[0]["loc"] == ["blocks", 0, "text"]


def test_a_tenth_field_is_one_class_and_one_template(workshop: Path) -> None:
    from sites.fields import definition
    from sites.fields.render import render_field

    code, template = pieces("fields.md")
    (workshop / "fields/postal_code.py").write_text(code)
    (workshop / "templates/fields/postal_code.html").write_text(template)
    sites.fields.discover()
    field = definition.read_field({"id": "pc", "type": "postal_code", "label": "Postcode", "required": True})
    assert definition.clean_submission([field], {"pc": ["3083ab"]}) == ({"pc": "3083 AB"}, {})
    html = render_field(field, uid="f", values=["x"], error="Nee")
    assert 'aria-describedby="f-pc-e"' in html
    assert "required" in html
