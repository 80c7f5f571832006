"""Messages as CSV, for a spreadsheet: one batch in memory at a time."""

from __future__ import annotations

import csv
import io
import uuid
from collections.abc import Callable, Iterable, Iterator

from django.utils.translation import gettext as _

from sites.models import Form
from sites.selectors import inbox
from sites.selectors.search import Filter
from webanizr.core import tenancy, vault

BATCH = 1000
# A spreadsheet takes a cell that starts like this for a formula (OWASP, CSV injection).
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def safe(text: str) -> str:
    """Return a cell's text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(FORMULA) else text


def write(account_id: uuid.UUID, chosen: Filter, progress: Callable[[int], None]) -> Iterator[bytes]:
    """Yield the file, UTF-8 with a byte order mark: spreadsheets then read accents right. Raises vault.Unavailable."""
    with tenancy.tenant(account_id):
        names = {form.id: form.name for form in Form.objects.all()}
        columns = _columns(form for form in Form.objects.all() if chosen.form in (None, form.id))
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([_("Received"), _("Form"), *map(safe, columns.values()), _("Other answers")])
    yield b"\xef\xbb\xbf" + _take(text)
    order = list(columns)
    done, after = 0, None
    while True:
        with tenancy.tenant(account_id):
            rows = inbox.in_batches(chosen, after=after, size=BATCH)
            writer.writerows(_cells(message, order, names) for message in map(inbox.open_message, rows))
        if not rows:
            return
        yield _take(text)
        after = (rows[-1].received_at, rows[-1].id)
        done += len(rows)
        progress(done)


def _columns(forms: Iterable[Form]) -> dict[str, str]:
    """Return the columns (field id -> heading) that the forms have today; older fields come under "other answers"."""
    return {field["id"]: field["label"] for form in forms for field in form.fields}


def _cells(message: inbox.Message, order: list[str], names: dict[uuid.UUID, str]) -> list[str]:
    if message.away:
        raise vault.Unavailable("export")  # tried again later, rather than handing over a file with gaps
    answers = {answer.id: answer for answer in message.answers}
    found = [answers.pop(name).text if name in answers else "" for name in order]
    other = "; ".join(f"{answer.label}: {answer.text}" for answer in answers.values() if answer.text)
    row = message.row
    return [
        row.received_at.isoformat(timespec="seconds"),
        safe(names.get(row.form_id, "")),
        *map(safe, found),
        safe(_("Unreadable") if message.damaged else other),
    ]


def _take(text: io.StringIO) -> bytes:
    taken = text.getvalue().encode()
    text.seek(0)
    text.truncate()
    return taken
