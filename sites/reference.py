"""Which documents carry a reference that is written from the definitions."""

from __future__ import annotations

from pathlib import Path

from django.utils import translation

from sites.blocks.base import REGISTRY as BLOCKS
from sites.fields.base import REGISTRY as FIELDS
from sites.fields.base import Field
from sites.schema.parts import metas
from sites.schema.reference import BEGIN, reference, replace

DOCS = Path(__file__).resolve().parent.parent / "docs"


def documents() -> dict[Path, str]:
    """Return {path: text} of docs/blocks.md and docs/fields.md as they should be."""
    common = [name for name, _meta in metas(Field)]
    with translation.override("en"):
        blocks = [(name, str(kind.title), kind) for name, kind in sorted(BLOCKS.items())]
        fields = [(name, str(kind.title), kind) for name, kind in sorted(FIELDS.items())]
    return {
        DOCS / "blocks.md": replace(DOCS / "blocks.md", reference(blocks)),
        DOCS / "fields.md": replace(
            DOCS / "fields.md",
            reference([("every field", "common parts", Field)]) + reference(fields, skip=common).removeprefix(BEGIN),
        ),
    }
