"""Messages as CSV, for a spreadsheet: one batch in memory at a time."""

from __future__ import annotations

import csv
import io
import uuid
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import AbstractContextManager
from typing import Any

from django.utils.translation import gettext as _

from sites.models import Form
from sites.selectors import inbox
from sites.selectors.sealed import Opened, open_many
from sites.selectors.search import Filter
from webanizr.core import tenancy

BATCH = 1000
# A spreadsheet takes a cell that starts like this for a formula (OWASP, CSV injection).
FORMULA = frozenset("=+-@\t\r")


def safe(text: str) -> str:
    """Return a cell's text that no spreadsheet takes for a formula."""
    return f"'{text}" if text and text[0] in FORMULA else text


def write(
    account_id: uuid.UUID,
    chosen: Filter,
    progress: Callable[[int], None],
    opened: Callable[[uuid.UUID], AbstractContextManager[Any]] = tenancy.tenant,
) -> Iterator[bytes]:
    """Yield the file, UTF-8 with a byte order mark: spreadsheets then read accents right.

    Args: opened: the context in which each batch is read; default all that is the account's.
    Raises vault.Unavailable, rather than writing a file with gaps.
    """
    with opened(account_id):
        forms = list(Form.objects.all())
    names = {str(form.id): safe(form.name) for form in forms}
    columns = _columns(form for form in forms if chosen.form in (None, form.id))
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([_("Received"), _("Form"), *map(safe, columns.values()), _("Other answers")])
    yield b"\xef\xbb\xbf" + _take(text)
    done, after = 0, None
    while True:
        with opened(account_id):
            rows = open_many(inbox.batch(chosen, after=after, size=BATCH))
        if not rows:
            return
        writer.writerows(
            [row.received_at.isoformat(timespec="seconds"), names.get(row.form_id, ""), *_cells(row, columns)]
            for row in rows
        )
        yield _take(text)
        after = (rows[-1].received_at, uuid.UUID(rows[-1].id))
        done += len(rows)
        progress(done)


def _columns(forms: Iterable[Form]) -> dict[str, str]:
    """Return the columns (field id -> heading) that the forms have today; older fields come under "other answers"."""
    return {field["id"]: field["label"] for form in forms for field in form.fields}


def _cells(row: Opened, columns: Collection[str]) -> list[str]:
    if row.content is None:
        return [*("" for _column in columns), _("Unreadable")]
    values = row.content["values"]
    cells = [safe(inbox.words(values.get(name))) for name in columns]
    other = [
        f"{asked['label']}: {inbox.words(values[asked['id']])}"
        for asked in row.content["fields"]
        if asked["id"] not in columns and values.get(asked["id"])
    ]
    return [*cells, safe("; ".join(other))]


def _take(text: io.StringIO) -> bytes:
    taken = text.getvalue().encode()
    text.seek(0)
    text.truncate()
    return taken
