"""What one person takes along as one zip: to read, as JSON and CSV, with processors' copies (articles 15 and 20 GDPR).

The one way in which personal data is written for whom it is about: an account's owner (`sites.services.export_all`
adds messages, websites and invoices), a member, a subscriber of the newsletter.
"""

from __future__ import annotations

import json
import uuid
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from privacy import export, words
from privacy.connectors.base import Identity, systems

# How index.html looks: a file beside it, for a browser without a network.
STYLE = """
body { font: 1rem/1.6 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
:root { color-scheme: light dark }
h2 { margin-top: 2.5rem; font-size: 1.2rem }
h3 { margin-top: 1.5rem; font-size: 1rem }
.wide { overflow-x: auto }
table { border-collapse: collapse; font-size: .9rem }
th, td { text-align: left; vertical-align: top; padding: .4rem .8rem .4rem 0; border-bottom: 1px solid gray; }
th { white-space: nowrap }
td { max-width: 24rem; overflow-wrap: break-word }
"""

# Says how far it is: (step, number of steps, what is being done).
Progress = Callable[[int, int, str], None]


class Pieces:
    """What zipfile writes to: hands on what was written since the last time."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, data: bytes) -> int:
        """Keep it until it is taken."""
        self._pieces.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing waits elsewhere."""

    def take(self) -> bytes:
        """Return what was written."""
        taken = b"".join(self._pieces)
        self._pieces.clear()
        return taken


def step_words(step: int, of: int, doing: str) -> str:
    """Return what a job says while it is at a step: at most 120 characters."""
    return (_("Step %(step)s of %(of)s: %(doing)s") % {"step": step, "of": of, "doing": doing})[:120]


@dataclass
class Collected:
    """All that was found of somebody. Args: outside: by kind of system, as `export.copy_outside` returns them."""

    tables: list[export.Table]
    outside: dict[str, Any] = field(default_factory=dict)


def collect(tables: Iterator[export.Table], identity: Identity, progress: Progress) -> Collected:
    """Read our own tables, then ask every system outside. Args: tables: a lazy reading of them."""
    kinds = systems()
    steps = len(kinds) + 2
    progress(1, steps, _("reading what we have of you"))
    found = Collected(list(tables))
    for number, (kind, system) in enumerate(kinds.items(), start=2):
        progress(number, steps, _("asking %(system)s") % {"system": system.name})
        found.outside[kind] = export.copy_outside(system, identity)
    progress(steps, steps, _("putting it together"))
    return found


def add(archive: zipfile.ZipFile, found: Collected, *, title: str, lead: str, websites: Sequence[str] = ()) -> None:
    """Put what was found into an archive: index.html to read, account.json, a CSV for each table, systems-outside.json.

    Args: title: of the page; lead: what the archive holds; websites: host names whose folders come along.
    """
    context = {
        "title": title,
        "lead": lead,
        "tables": [_readable(table) for table in found.tables],
        "outside": [_copy(copy) for copy in found.outside.values()],
        "sites": websites,
        "made_at": timezone.now(),
        "language": get_language() or "nl",
    }
    archive.writestr("index.html", render_to_string("exports/package.html", context))
    archive.writestr("style.css", STYLE)
    archive.writestr("account.json", as_json({table.label: table.as_json() for table in found.tables}))
    for table in found.tables:
        archive.writestr(f"account/{table.label}.csv", table.as_csv())
    archive.writestr("systems-outside.json", as_json(found.outside))


def _readable(table: export.Table) -> dict[str, Any]:
    """Return a table for the page: codes as words, and without what only programs read."""
    shown = [
        (place, name, words.heading(name, column))
        for place, (name, column) in enumerate(zip(table.names, table.columns, strict=True))
        if name not in words.FOR_PROGRAMS
    ]
    return {
        "title": table.title,
        "columns": [heading for _place, _name, heading in shown],
        "rows": [[words.say(table.label, name, row[place]) for place, name, _heading in shown] for row in table.rows],
    }


def pieces(found: Collected, *, title: str, lead: str) -> Iterator[bytes]:
    """Yield the whole zip of somebody of whom there is nothing else."""
    out = Pieces()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:  # type: ignore[call-overload]  # only writes
        add(archive, found, title=title, lead=lead)
        yield out.take()
    yield out.take()


def of_member(account_id: uuid.UUID, user_id: uuid.UUID, progress: Progress) -> Iterator[bytes]:
    """Yield the zip of somebody who works in an account: about them, and nothing of the account. As the exporter."""
    person = export.who(user_id)
    found = collect(export.member_tables(account_id, user_id), person.identity(), progress)
    yield from pieces(
        found,
        title=_("Everything about you"),
        lead=_("What Webanizr has of you. The same is in account.json and, for a spreadsheet, in the folder account."),
    )


def as_json(value: Any) -> str:
    """Return a value as a file that people can read too."""
    return json.dumps(value, ensure_ascii=False, indent=1, default=str)


REASONS = {
    "not_configured": gettext_lazy("This system is not in use."),
    "no_answer": gettext_lazy("It gave no answer while this was made. Ask for it again later."),
}


def _copy(copy: dict[str, Any]) -> dict[str, Any]:
    """Return a system's copy for the page: its name, why there is nothing, or lines of (what, value)."""
    reason = copy.get("not_available", "")
    lines = [line for each in copy.get("data", []) for line in _flat(each)]
    return {
        "system": copy["system"],
        "reason": (str(REASONS.get(reason, REASONS["no_answer"]))) if reason else "",
        "lines": lines,
    }


def _flat(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _flat(each, f"{name} · {key}" if name else str(key))
    elif isinstance(value, list):
        for each in value:
            yield from _flat(each, name)
    elif value not in (None, ""):
        yield name, words.plain(value)
