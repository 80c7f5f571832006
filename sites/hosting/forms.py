"""A form as it was published: read once per version, with all that each post to it needs."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from sites.fields.base import Field
from sites.fields.definition import read
from sites.fields.file import File
from sites.hosting.versions import Version


@dataclass(frozen=True)
class PublishedForm:
    """One form of one version. `asked` is kept with every submission: the fields as the visitor saw them."""

    id: uuid.UUID
    fields: tuple[Field, ...]
    asked: list[dict[str, Any]]
    file_fields: tuple[str, ...]
    retention_days: int


def published(version: Version, form_id: str) -> PublishedForm:
    """Return a form of a version by its id; raises KeyError."""
    known: PublishedForm | None = version.pages.get(form_id)
    if known is None:
        known = version.pages[form_id] = _read(form_id, version.manifest["forms"][form_id])
    return known


def _read(form_id: str, form: dict[str, Any]) -> PublishedForm:
    fields = tuple(read(form["fields"]))
    # kept for the shortest term that the form or one of its fields names
    terms = [field.retention_days for field in fields if field.personal != "none" and field.retention_days]
    asked = [
        {
            "id": field.id,
            "type": field.type_name(),
            "label": field.label,
            "personal": field.personal,
            "purpose": field.purpose,
        }
        for field in fields
    ]
    files = tuple(field.id for field in fields if isinstance(field, File))
    return PublishedForm(uuid.UUID(form_id), fields, asked, files, min([int(form["retention_days"]), *terms]))
