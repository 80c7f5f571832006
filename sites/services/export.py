"""Exports of what came in: under the exporter's login, one batch in memory at a time, started over when killed."""

from __future__ import annotations

import csv
import tempfile
import uuid
from typing import IO

from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import audit
from sites.models import Form
from sites.selectors import inbox
from webanizr.core import jobs, storage, tenancy
from webanizr.core.models import Job

KIND = "export"
TASK = "sites.export_tasks.export_submissions"
BATCH = 500
# A spreadsheet takes a cell that starts like this for a formula (OWASP, CSV injection).
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def start_export(*, chosen: inbox.Filter, actor: User) -> Job:
    """Queue an export of what the filter names, as CSV; return the job."""
    audit.record("submissions.exported", actor_id=actor.pk, target_id=chosen.form)
    params = {"folder": chosen.folder, "form": str(chosen.form) if chosen.form else ""}
    return jobs.start(kind=KIND, task=TASK, actor_id=actor.pk, params=params)


def retry_export(*, job: Job, actor: User) -> Job:
    """Queue a failed export again, as a new job."""
    form = uuid.UUID(job.params["form"]) if job.params["form"] else None
    return start_export(chosen=inbox.Filter(job.params["folder"], form), actor=actor)


def key_of(account_id: uuid.UUID, job_id: uuid.UUID) -> str:
    """Return the storage key of an export: the same for every attempt, so that a second one replaces the first."""
    return f"exports/{account_id}/{job_id}.csv"


def safe(text: str) -> str:
    """Return a cell's text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(FORMULA) else text


def run_export(account_id: uuid.UUID, job_id: uuid.UUID) -> None:
    """Write the export of a job and mark it done. Every step has its own transaction; idempotent."""
    with tenancy.tenant(account_id):
        job = Job.objects.filter(id=job_id).first()
        if job is None or job.finished:
            return
        form = uuid.UUID(job.params["form"]) if job.params["form"] else None
        chosen = inbox.Filter(job.params["folder"], form)
        total = inbox.submissions(chosen).count()
        forms = {each.id: each for each in Form.objects.all()}
        columns = _columns([each for each in forms.values() if form in (None, each.id)])
    jobs.progress(account_id, job_id, done=0, total=total, message=_("Reading the messages"))
    with tempfile.TemporaryFile("w+b") as file:
        _write(file, account_id, job_id, chosen, columns, forms, total)
        size = file.tell()
        file.seek(0)
        key = key_of(account_id, job_id)
        storage.put_stream(key, file, content_type="text/csv; charset=utf-8")
    jobs.finish(account_id, job_id, result_key=key, result_bytes=size)


def _columns(forms: list[Form]) -> dict[str, str]:
    """Return the columns (field id -> heading) that the forms have today; older fields are added as they turn up."""
    return {field["id"]: field["label"] for form in forms for field in form.fields}


def _write(
    file: IO[bytes],
    account_id: uuid.UUID,
    job_id: uuid.UUID,
    chosen: inbox.Filter,
    columns: dict[str, str],
    forms: dict[uuid.UUID, Form],
    total: int,
) -> None:
    # UTF-8 with a byte order mark: spreadsheets then read accents right
    file.write(b"\xef\xbb\xbf")
    wrapper = _Text(file)
    writer = csv.writer(wrapper)
    names = list(columns)
    writer.writerow([_("Received"), _("Form"), *(safe(columns[name]) for name in names), _("Other answers")])
    done, after = 0, None
    while True:
        with tenancy.tenant(account_id):
            rows = inbox.in_batches(chosen, after=after, size=BATCH)
            for row in rows:
                message = inbox.open_message(row)
                answers = {answer.id: answer for answer in message.answers}
                other = "; ".join(f"{a.label}: {a.text}" for key, a in answers.items() if key not in columns and a.text)
                form = forms.get(row.form_id)
                cells = [answers[name].text if name in answers else "" for name in names]
                when = row.received_at.isoformat(timespec="seconds")
                writer.writerow(
                    [
                        when,
                        safe(form.name if form else ""),
                        *map(safe, cells),
                        safe(_("Unreadable") if message.damaged else other),
                    ]
                )
        if not rows:
            return
        after = (rows[-1].received_at, rows[-1].id)
        done += len(rows)
        jobs.progress(account_id, job_id, done=min(done, total), total=total)


class _Text:
    """Lets the csv writer write to a binary file."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file

    def write(self, text: str) -> int:
        """Encode and write."""
        return self.file.write(text.encode())
