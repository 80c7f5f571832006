"""The statement as data: sections of paragraphs and tables, in one language, and a digest that tells versions apart."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from django.utils import translation

from privacy.statement.tables import data_rows, recipient_rows

LANGUAGES = {"nl": "nl", "en-gb": "en"}  # language -> file
HEADING = re.compile(r"^## (?P<title>.+) \{#(?P<slug>[a-z]+)\}$")
TABLE = re.compile(r"^\{table (?P<part>[a-z]+)\}$")


@dataclass(frozen=True)
class Section:
    """One heading with what stands under it.

    Args: paragraphs: of text; rows: of the data map ([what, purpose, basis, retention, recipients]); recipients:
    [name, what for, which data, where].
    """

    slug: str
    title: str
    paragraphs: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)


def sections(language: str) -> list[Section]:
    """Return the statement as it is now. Args: language: nl or en-gb."""
    text = (Path(__file__).parent / f"{LANGUAGES[language]}.md").read_text()
    found: list[Section] = []
    with translation.override(language):
        for part in text.strip().split("\n\n"):
            heading, table = HEADING.match(part), TABLE.match(part)
            if heading:
                found.append(Section(heading["slug"], heading["title"]))
            elif table:
                found[-1].rows.extend(
                    [row.what, row.purpose, row.basis, row.retention, row.recipients]
                    for row in data_rows(table["part"])
                )
            elif part == "{recipients}":
                found[-1].recipients.extend(
                    [row.name, row.does, row.fields, row.location] for row in recipient_rows() if row.enabled
                )
            else:
                found[-1].paragraphs.append(" ".join(part.split()))
    return found


def whole() -> dict[str, list[dict[str, Any]]]:
    """Return the statement in every language, as JSON values."""
    return {language: [asdict(section) for section in sections(language)] for language in LANGUAGES}


def digest(content: dict[str, list[dict[str, Any]]]) -> str:
    """Return a SHA-256 of the content, which is the same for the same words."""
    canonical = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def lines(sections: list[dict[str, Any]]) -> list[str]:
    """Return the statement of one language as lines of text, for comparing two versions."""
    found: list[str] = []
    for section in sections:
        found += [section["title"], *section["paragraphs"]]
        found += [" · ".join(row) for row in (*section["rows"], *section["recipients"])]
    return found
