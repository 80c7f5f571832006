"""Rich text: whitelisted ProseMirror JSON, checked here and turned into HTML by our own escaper.

HTML from a person is never stored or parsed, so there is nothing to sanitise.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any, LiteralString

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from sites.schema.links import check_href
from sites.schema.text import has_control_characters, tidy

RichText = dict[str, Any]

BLOCKS = frozenset({"paragraph", "heading", "bullet_list", "ordered_list"})
INLINE = frozenset({"text", "hard_break"})
MARKS = frozenset({"strong", "em", "link"})
INSIDE: Mapping[str, frozenset[str]] = {
    "doc": BLOCKS,
    "paragraph": INLINE,
    "heading": INLINE,
    "bullet_list": frozenset({"list_item"}),
    "ordered_list": frozenset({"list_item"}),
    "list_item": frozenset({"paragraph", "bullet_list", "ordered_list"}),
}
KEYS: Mapping[str, frozenset[str]] = {
    "text": frozenset({"type", "text", "marks"}),
    "hard_break": frozenset({"type", "marks"}),
    "heading": frozenset({"type", "attrs", "content"}),
    "ordered_list": frozenset({"type", "attrs", "content"}),
}
PLAIN_KEYS = frozenset({"type", "content"})
MAX_DEPTH = 12
MAX_NODES = 2000


@dataclass(frozen=True)
class RichSpec:
    """What one rich field allows: block nodes, marks and the number of characters."""

    nodes: frozenset[str] = BLOCKS
    marks: frozenset[str] = MARKS
    max_length: int = 20_000

    def allowed(self, parent: str) -> frozenset[str]:
        """Return the node types that may stand inside `parent`."""
        inside = INSIDE[parent]
        return inside & self.nodes if parent in ("doc", "list_item") else inside


BODY = RichSpec()
PARAGRAPHS = RichSpec(nodes=frozenset({"paragraph"}), max_length=2000)
ANSWER = RichSpec(nodes=frozenset({"paragraph", "bullet_list", "ordered_list"}), max_length=5000)


def empty() -> RichText:
    """Return a document with one empty paragraph."""
    return {"type": "doc", "content": [{"type": "paragraph"}]}


def document(*paragraphs: str) -> RichText:
    """Return a document of plain paragraphs."""
    return {
        "type": "doc",
        "content": [{"type": "paragraph", "content": [{"type": "text", "text": text}]} for text in paragraphs],
    }


def _wrong(kind: LiteralString = "rich_shape") -> PydanticCustomError:
    return PydanticCustomError(kind, "This is not text the editor can make.")


class _Checker:
    """One pass over one document: copies what is allowed and raises at the first thing that is not."""

    def __init__(self, spec: RichSpec) -> None:
        self.spec, self.nodes, self.length = spec, 0, 0

    def node(self, node: object, allowed: frozenset[str], depth: int) -> RichText:
        if depth > MAX_DEPTH:
            raise _wrong("rich_deep")
        if not isinstance(node, dict):
            raise _wrong()
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise PydanticCustomError("string_too_long", "Too long.", {"max_length": self.spec.max_length})
        kind = node.get("type")
        if not isinstance(kind, str) or kind not in allowed or node.keys() - KEYS.get(kind, PLAIN_KEYS):
            raise _wrong("rich_node")
        clean: RichText = {"type": kind}
        if kind == "text":
            clean["text"] = self.text(node.get("text"))
        elif kind == "heading":
            if node.get("attrs") != {"level": 3}:
                raise _wrong()
            clean["attrs"] = {"level": 3}
        elif kind == "ordered_list" and node.get("attrs") not in (None, {}, {"order": 1}):
            raise _wrong()
        if kind in INLINE:
            if node.get("marks"):
                clean["marks"] = self.marks(node["marks"])
            return clean
        content = node.get("content", [])
        if not isinstance(content, list):
            raise _wrong()
        if content:
            inside = self.spec.allowed(kind)
            clean["content"] = [self.node(child, inside, depth + 1) for child in content]
        elif kind in ("bullet_list", "ordered_list", "list_item", "doc"):
            raise _wrong()
        return clean

    def text(self, value: object) -> str:
        if not isinstance(value, str) or not value:
            raise _wrong()
        if has_control_characters(value):
            raise PydanticCustomError("control_character", "The text holds a character that is not text.")
        self.length += len(value)
        if self.length > self.spec.max_length:
            raise PydanticCustomError("string_too_long", "Too long.", {"max_length": self.spec.max_length})
        return tidy(value)

    def marks(self, marks: object) -> list[RichText]:
        if not isinstance(marks, list) or len(marks) > 3:
            raise _wrong()
        clean: list[RichText] = []
        for mark in marks:
            if not isinstance(mark, dict) or not isinstance(mark.get("type"), str):
                raise _wrong()
            kind = mark["type"]
            if kind not in self.spec.marks or any(kind == other["type"] for other in clean):
                raise _wrong("rich_mark")
            if kind == "link":
                attrs = mark.get("attrs")
                if mark.keys() != {"type", "attrs"} or not isinstance(attrs, dict) or attrs.keys() != {"href"}:
                    raise _wrong()
                if not isinstance(attrs["href"], str):
                    raise _wrong()
                clean.append({"type": "link", "attrs": {"href": check_href(attrs["href"])}})
            elif mark.keys() <= {"type"}:
                clean.append({"type": kind})
            else:
                raise _wrong()
        return clean


def check(value: object, spec: RichSpec = BODY) -> RichText:
    """Return a clean copy of a document.

    Raises PydanticCustomError: rich_shape, rich_node, rich_mark, rich_deep, link, control_character, string_too_long.
    """
    return _Checker(spec).node(value, frozenset({"doc"}), 0)


def validator(spec: RichSpec) -> AfterValidator:
    """Return the pydantic validator of a rich field."""

    def run(value: object) -> RichText:
        return check(value, spec)

    return AfterValidator(run)


def render(node: RichText, heading: int = 3) -> str:
    """Return the HTML of a checked document; its headings get the level `heading` (2 to 4)."""
    kind = node["type"]
    if kind == "text":
        html = escape(node["text"])
        for mark in node.get("marks", ()):
            if mark["type"] == "link":
                html = f'<a href="{escape(mark["attrs"]["href"])}">{html}</a>' if mark["attrs"]["href"] else html
            else:
                html = f"<{mark['type']}>{html}</{mark['type']}>"
        return html
    if kind == "hard_break":
        return "<br>"
    inner = "".join([render(child, heading) for child in node.get("content", ())])
    if kind == "paragraph":
        return f"<p>{inner}</p>" if inner else ""
    if kind == "doc":
        return inner
    if kind == "heading":
        return f"<h{heading}>{inner}</h{heading}>" if inner else ""
    tag = {"bullet_list": "ul", "ordered_list": "ol", "list_item": "li"}[kind]
    return f"<{tag}>{inner}</{tag}>"


def is_empty(node: RichText) -> bool:
    """Return whether a document shows nothing."""
    return not any(text.strip() for text in texts(node))


def texts(node: RichText) -> Iterator[str]:
    """Yield the words of a document, piece by piece."""
    if node["type"] == "text":
        yield node["text"]
    for child in node.get("content", ()):
        yield from texts(child)


def plain(node: RichText) -> str:
    """Return the words of a document, paragraphs separated by a space."""
    return " ".join("".join(texts(child)) for child in node.get("content", ())).strip()


def links(node: RichText) -> Iterator[str]:
    """Yield every link's target, empty ones too."""
    for mark in node.get("marks", ()):
        if mark["type"] == "link":
            yield mark["attrs"]["href"]
    for child in node.get("content", ()):
        yield from links(child)


def prosemirror(spec: RichSpec) -> dict[str, Any]:
    """Return what the browser builds its ProseMirror `Schema` from: the same lists as the check above."""
    nodes: dict[str, Any] = {"doc": {"content": f"({' | '.join(sorted(spec.nodes))})+"}}
    if "paragraph" in spec.nodes:
        nodes["paragraph"] = {"content": "(text | hard_break)*"}
    if "heading" in spec.nodes:
        nodes["heading"] = {"content": "(text | hard_break)*", "attrs": {"level": {"default": 3}}, "levels": [3]}
    lists = sorted(spec.nodes & {"bullet_list", "ordered_list"})
    for name in lists:
        nodes[name] = {"content": "list_item+"}
    if lists:
        nodes["list_item"] = {"content": f"paragraph ({' | '.join(['paragraph', *lists])})*"}
    nodes |= {"text": {"inline": True}, "hard_break": {"inline": True, "selectable": False}}
    marks = {name: {"attrs": {"href": {}}, "inclusive": False} if name == "link" else {} for name in sorted(spec.marks)}
    return {"nodes": nodes, "marks": marks, "maxLength": spec.max_length}


def json_schema(spec: RichSpec) -> dict[str, Any]:
    """Return the JSON Schema of a rich field (the outer levels; `check` knows all of them)."""
    mark: list[dict[str, Any]] = []
    for name in sorted(spec.marks):
        props: dict[str, Any] = {"type": {"const": name}}
        required = ["type"]
        if name == "link":
            props["attrs"] = {
                "type": "object",
                "properties": {"href": {"type": "string", "maxLength": 500}},
                "required": ["href"],
                "additionalProperties": False,
            }
            required.append("attrs")
        mark.append({"type": "object", "properties": props, "required": required, "additionalProperties": False})
    text = {
        "type": "object",
        "properties": {
            "type": {"const": "text"},
            "text": {"type": "string", "minLength": 1, "maxLength": spec.max_length},
            "marks": {"type": "array", "maxItems": 3, "items": {"anyOf": mark}},
        },
        "required": ["type", "text"],
        "additionalProperties": False,
    }
    inside = {
        "anyOf": [text, {"type": "object", "properties": {"type": {"enum": ["hard_break", "list_item", "paragraph"]}}}]
    }
    block = {
        "type": "object",
        "properties": {
            "type": {"enum": sorted(spec.nodes)},
            "attrs": {"type": "object"},
            "content": {"type": "array", "items": inside},
        },
        "required": ["type"],
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "properties": {"type": {"const": "doc"}, "content": {"type": "array", "minItems": 1, "items": block}},
        "required": ["type", "content"],
        "additionalProperties": False,
    }
