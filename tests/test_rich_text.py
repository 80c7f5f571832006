"""Rich text: what the editor can make and nothing else, also when it was typed plainly."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sites.schema import rich
from sites.schema.source import from_source, to_source
from tests.contents import page, problems_of

pytestmark = pytest.mark.usefixtures("english")


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
