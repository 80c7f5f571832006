"""The reference part of docs/blocks.md and docs/fields.md, written from the definitions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from django.utils import translation
from pydantic import BaseModel

from sites.schema.parts import Meta, item_model, metas

BEGIN = "<!-- reference: written by `manage.py reference`, not by hand -->"
KINDS = {
    "text": "one line",
    "long_text": "several lines",
    "rich": "rich text",
    "image": "picture",
    "form": "form",
    "choice": "one of",
    "icon": "icon",
    "drawing": "drawing",
    "toggle": "yes or no",
    "number": "whole number",
    "time": "time",
    "lines": "lines",
    "items": "list",
    "link": "words and a link",
    "href": "link",
}


def _row(name: str, meta: Meta) -> str:
    notes = []
    if meta.widget == "choice":
        notes.append(", ".join(f"`{value}`" if value else "empty" for value in meta.choices))
    if meta.widget in ("text", "long_text", "rich"):
        notes.append(f"at most {meta.max_length} characters")
    if meta.spec:
        notes.append(", ".join(sorted(meta.spec.nodes | meta.spec.marks)))
    if meta.max_items:
        notes.append(f"at most {meta.max_items}")
    if meta.minimum is not None:
        notes.append(f"{meta.minimum} to {meta.maximum}")
    if meta.required:
        notes.append("needed to publish")
    if meta.inline:
        notes.append("edited on the page")
    return f"| `{name}` | {meta.label} | {KINDS[meta.widget]} | {'; '.join(notes)} |"


def _rows(model: type[BaseModel], skip: Sequence[str], prefix: str = "") -> Iterator[str]:
    for name, meta in metas(model):
        if name in skip:
            continue
        yield _row(f"{prefix}{name}", meta)
        if meta.widget == "items":
            yield from _rows(item_model(model, name), (), f"{prefix}{name}[].")


def reference(kinds: Sequence[tuple[str, str, type[BaseModel]]], *, skip: Sequence[str] = ()) -> str:
    """Return the reference of (type, title, definition) as Markdown, with English labels; `skip` are common parts."""
    out = [BEGIN]
    with translation.override("en"):
        for name, title, model in kinds:
            version = getattr(model, "version", 1)
            out += ["", f"### `{name}`: {title}", ""]
            out += [f"Version {version}.", ""] if version > 1 else []
            rows = list(_rows(model, skip))
            out += (
                ["| part | label | kind | limits |", "|---|---|---|---|", *rows] if rows else ["No parts of its own."]
            )
    return "\n".join(out) + "\n"


def replace(path: Path, text: str) -> str:
    """Return the document at `path` with its reference replaced by `text`."""
    return path.read_text().partition(BEGIN)[0] + text
