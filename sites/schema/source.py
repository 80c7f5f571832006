"""Rich text as plain typing, for the settings form without script.

Blank lines, "- " and "1. " lists, **bold**, *italic*, [words](link) and "### " headings.
The editor on the page works on the document itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from sites.schema.rich import RichText, empty

INLINE = re.compile(
    r"\\([\\*\[\]#&\-0-9.])"
    r"|\*\*\*((?:\\.|[^\\])+?)\*\*\*(?!\*)"
    r"|\*\*((?:\\.|[^\\])+?)\*\*(?!\*)"
    r"|\*(?!\*)((?:\\.|[^\\*])+?)\*(?!\*)"
    r"|\[((?:\\.|[^\]\\])+)\]\(([^)\s]{1,500})\)",
    re.DOTALL,
)
ITEM = re.compile(r"( *)(?:(-)|\d{1,3}\.) +(.*)")
NO_MARKS: tuple[str, ...] = ()
LINE_START = re.compile(r"^(-|#|\d{1,3}\.)", re.MULTILINE)


def to_source(doc: RichText) -> str:
    """Return a document as plain typing; `from_source` reads it back."""
    return "\n\n".join(_block(node) for node in doc.get("content", ())).strip("\n")


def _block(node: RichText) -> str:
    kind = node["type"]
    if kind == "heading":
        return f"### {_inline(node).replace(chr(10), ' ')}"
    if kind in ("bullet_list", "ordered_list"):
        return "\n".join(_items(node, 0))
    return LINE_START.sub(r"\\\1", _inline(node))


def _items(node: RichText, depth: int) -> Iterable[str]:
    for number, item in enumerate(node.get("content", ()), start=1):
        mark = "-" if node["type"] == "bullet_list" else f"{number}."
        first = True
        for child in item.get("content", ()):
            if child["type"] in ("bullet_list", "ordered_list"):
                yield from _items(child, depth + 1)
            else:
                text = _inline(child).replace("\n", " ")
                yield (
                    f"{'  ' * depth}{mark} {LINE_START.sub(chr(92) + chr(92) + '1', text)}"
                    if first
                    else f"{'  ' * depth}  {text}"
                )
            first = False


def _inline(node: RichText) -> str:
    merged: list[tuple[str, tuple[str, ...], str]] = []
    for child in node.get("content", ()):
        marks = {mark["type"]: mark.get("attrs", {}).get("href", "") for mark in child.get("marks", ())}
        if child["type"] == "hard_break":
            text, key, href = "\n", NO_MARKS, ""
        else:
            text = re.sub(r"([\\*\[\]])", r"\\\1", child["text"])
            key, href = tuple(sorted(set(marks) - {"link"})), marks.get("link", "")
        if merged and merged[-1][1:] == (key, href):
            text = merged.pop()[0] + text
        merged.append((text, key, href))
    out: list[str] = []
    for text, key, href in merged:
        stars = {(): "", ("em",): "*", ("strong",): "**", ("em", "strong"): "***"}[key]
        text = f"{stars}{text}{stars}"
        if stars and out and out[-1].endswith("*"):
            out.append("\\&")  # nothing, but it keeps the stars of two neighbours apart
        out.append(f"[{text}]({href})" if href else text)
    return "".join(out)


def from_source(text: str) -> RichText:
    """Return the document that plain typing stands for; unfinished markup stays as it was typed."""
    content: list[RichText] = []
    for chunk in re.split(r"\n[ \t]*\n+", text.replace("\r\n", "\n").strip("\n")):
        lines = chunk.split("\n")
        while lines:
            if ITEM.fullmatch(lines[0]):
                count = next(
                    (n for n, line in enumerate(lines) if not line.startswith(" ") and not ITEM.fullmatch(line)),
                    len(lines),
                )
                content += _lists(lines[:count])
                lines = lines[count:]
            elif lines[0].startswith("### "):
                content.append(_with({"type": "heading", "attrs": {"level": 3}}, _parse(lines[0][4:].strip(), ())))
                lines = lines[1:]
            else:
                count = next(
                    (n for n, line in enumerate(lines) if n and (ITEM.fullmatch(line) or line.startswith("### "))),
                    len(lines),
                )
                nodes = _parse("\n".join(line.strip() for line in lines[:count]), ())
                if nodes:
                    content.append({"type": "paragraph", "content": nodes})
                lines = lines[count:]
    return {"type": "doc", "content": content} if content else empty()


def _with(node: RichText, content: list[RichText]) -> RichText:
    return {**node, "content": content} if content else node


def _lists(lines: list[str]) -> list[RichText]:
    found: list[RichText] = []
    stack: list[tuple[int, RichText]] = []
    for line in lines:
        match = ITEM.fullmatch(line)
        if not match:  # a further line of the item above
            if stack:
                more: RichText = {"type": "paragraph", "content": _parse(line.strip(), ())}
                stack[-1][1]["content"][-1]["content"].append(more)
            continue
        depth = min(len(match[1]) // 2, len(stack), 4)
        kind = "bullet_list" if match[2] else "ordered_list"
        item: RichText = {"type": "list_item", "content": [_with({"type": "paragraph"}, _parse(match[3].strip(), ()))]}
        del stack[depth + 1 :]
        if len(stack) > depth and stack[depth][1]["type"] == kind:
            stack[depth][1]["content"].append(item)
            continue
        del stack[depth:]
        new: RichText = {"type": kind, "content": [item]}
        (stack[-1][1]["content"][-1]["content"] if stack else found).append(new)
        stack.append((depth, new))
    return found


def _parse(text: str, marks: tuple[dict[str, Any], ...]) -> list[RichText]:
    nodes: list[RichText] = []
    plain = ""

    def flush() -> None:
        nonlocal plain
        for index, piece in enumerate(plain.split("\n")):
            if index:
                nodes.append({"type": "hard_break"})
            if piece:
                nodes.append({"type": "text", "text": piece, **({"marks": list(marks)} if marks else {})})
        plain = ""

    position, kinds = 0, {mark["type"] for mark in marks}
    for match in INLINE.finditer(text):
        plain += text[position : match.start()]
        position = match.end()
        escaped, both, strong, em, words, href = match.groups()
        added: list[dict[str, Any]] = (
            [{"type": "strong"}, {"type": "em"}]
            if both
            else [{"type": "strong"}]
            if strong
            else [{"type": "em"}]
            if em
            else []
        )
        if href:
            added = [{"type": "link", "attrs": {"href": href}}]
        if escaped is not None:
            plain += "" if escaped == "&" else escaped
        elif {mark["type"] for mark in added} & kinds:
            plain += match[0]
        else:
            flush()
            nodes += _parse(both or strong or em or words, (*marks, *added))
    plain += text[position:]
    flush()
    return nodes
