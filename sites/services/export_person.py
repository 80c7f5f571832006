"""Everything about one person as one zip to hand over: to read, and as JSON and CSV (GDPR, articles 15 and 20)."""

from __future__ import annotations

import json
import uuid
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.models import Account
from privacy.package import Pieces
from sites.models import Upload
from sites.selectors import inbox
from sites.selectors.search import Filter
from sites.services import export_csv, uploads
from webanizr.core import alarms, storage, tenancy, vault

BATCH = 100


def write(account_id: uuid.UUID, chosen: Filter, progress: Callable[[int], None]) -> Iterator[bytes]:
    """Yield the zip: overview.html, messages.json, messages.csv, and the files that came along."""
    messages = list(open_messages(account_id, chosen, progress))
    files = [path for message in messages for path in files_of(message)]
    with tenancy.tenant(account_id):
        name = Account.objects.get(id=account_id).name
    pieces = Pieces()
    with zipfile.ZipFile(pieces, "w", zipfile.ZIP_DEFLATED) as archive:  # type: ignore[call-overload]  # only writes
        context = {
            "account": name, "messages": messages, "made_at": timezone.now(), "language": get_language() or "nl"
        }  # fmt: skip
        archive.writestr(_("overview") + ".html", render_to_string("exports/person.html", context))
        yield pieces.take()
        shapes = [shape(message) for message in messages]
        archive.writestr(_("messages") + ".json", json.dumps(shapes, ensure_ascii=False, indent=1))
        yield pieces.take()
        archive.writestr(_("messages") + ".csv", b"".join(export_csv.write(account_id, chosen, lambda done: None)))
        yield pieces.take()
        for path, file_id in files:
            archive.writestr(*read_file(account_id, file_id, path))
            yield pieces.take()
    yield pieces.take()


def open_messages(account_id: uuid.UUID, chosen: Filter, progress: Callable[[int], None]) -> Iterator[inbox.Message]:
    """Yield every message that the filter names, opened; raises vault.Unavailable when a key is away."""
    done, after = 0, None
    while True:
        with tenancy.tenant(account_id):
            rows = list(inbox.batch(chosen, after=after, size=BATCH).select_related("form", "site", "intake_key"))
            opened = [inbox.open_message(row) for row in rows]
        if any(message.away for message in opened):
            raise vault.Unavailable("export")  # tried again later, rather than handing over a file with gaps
        if not rows:
            return
        yield from opened
        after = (rows[-1].received_at, rows[-1].id)
        done += len(rows)
        progress(done)


def files_of(message: inbox.Message) -> list[tuple[str, uuid.UUID]]:
    """Return (path in the zip, number) of the files that came with a message."""
    return [
        (f"files/{message.row.id}/{file.id[:8]}-{file.name}", uuid.UUID(file.id))
        for answer in message.answers
        for file in answer.files
    ]


def read_file(account_id: uuid.UUID, file_id: uuid.UUID, path: str) -> tuple[str, bytes]:
    """Return a file's path in the zip and its bytes; where it can't be opened, words instead, named .txt.

    Raises vault.Unavailable, storage.Away.
    """
    with tenancy.tenant(account_id):
        upload = Upload.objects.select_related("intake_key").filter(id=file_id).first()
        try:
            if upload is not None:
                return path, uploads.open_file(upload)
        except (storage.Missing, vault.Unreadable):
            alarms.ring("unreadable: file", file_id)
    return f"{path}.txt", _("This file can't be opened.").encode()


def shape(message: inbox.Message) -> dict[str, Any]:
    """Return a message as JSON values."""
    row = message.row
    return {
        "id": str(row.id),
        "website": row.site.name,
        "form": row.form.name,
        "received_at": row.received_at.isoformat(),
        "kept_until": row.expires_at.isoformat(),
        "unreadable": message.damaged,
        "answers": [
            {"question": answer.label, "answer": answer.text, "purpose": answer.purpose} for answer in message.answers
        ],
        "files": [path for path, _id in files_of(message)],
    }
