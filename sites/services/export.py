"""Exports of what came in: under the exporter's login, sealed before they are stored, started over when killed.

Serves promises 12 and 16: the customer gets everything, and a copy of the file store holds nothing readable.
"""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Callable, Iterable, Iterator

from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import Account, User
from accounts.services import audit
from sites.selectors import inbox, search
from sites.services import export_all, export_csv, export_person
from webanizr.core import jobs, storage, tenancy, vault
from webanizr.core.models import Job

KIND = "export"
TASK = "sites.export_tasks.export_submissions"
PURPOSE = "export"
CSV, PERSON, EVERYTHING = "csv", "person", "everything"

# What writes the file: (account, filter, progress to call with the number done) -> pieces
Writer = Callable[[uuid.UUID, search.Filter, Callable[[int], None]], Iterator[bytes]]
WRITERS: dict[str, Writer] = {CSV: export_csv.write, PERSON: export_person.write}


def start_export(*, chosen: search.Filter, actor: User, content: str = CSV) -> Job:
    """Queue an export of what the filter names; return the job.

    Args: content: CSV for a spreadsheet, or PERSON: a zip to hand over to the person that all of it is about;
    EVERYTHING: the whole account, with its websites as plain files.
    """
    audit.record("submissions.exported", actor_id=actor.pk, target_id=chosen.form)
    params = chosen.params() | {"content": content}
    return jobs.start(kind=KIND, task=TASK, actor_id=actor.pk, params=params)


def retry_export(*, job: Job, actor: User) -> Job:
    """Queue a failed export again, as a new job."""
    return start_export(chosen=search.Filter.of(job.params), actor=actor, content=job.params.get("content", CSV))


def key_of(account_id: uuid.UUID, job_id: uuid.UUID) -> str:
    """Return the storage key of an export: the same for every attempt, so that a second one replaces the first."""
    return f"exports/{account_id}/{job_id}"


def run_export(account_id: uuid.UUID, job_id: uuid.UUID) -> None:
    """Write the export of a job and mark it done. Every step has its own transaction; idempotent."""
    with tenancy.tenant(account_id):
        job = Job.objects.filter(id=job_id).first()
        if job is None or job.finished:
            return
        chosen = search.Filter.of(job.params)
        total = inbox.submissions(chosen).count()
        language = Account.objects.get(id=account_id).language
        key = vault.account_key(account_id, PURPOSE)
    with translation.override(language):
        jobs.progress(account_id, job_id, done=0, total=total, message=_("Reading the messages"))

        def progress(done: int) -> None:
            jobs.progress(account_id, job_id, done=min(done, total), total=total)

        writer = WRITERS[job.params.get("content", CSV)] if job.params.get("content") != EVERYTHING else None
        if writer is None:
            pieces = export_all.write(account_id, chosen, progress, user_id=job.created_by)
        else:
            pieces = writer(account_id, chosen, progress)
        name, size = key_of(account_id, job_id), store(account_id, job_id, pieces, key)
    jobs.finish(account_id, job_id, result_key=name, result_bytes=size)


def store(account_id: uuid.UUID, job_id: uuid.UUID, pieces: Iterable[bytes], key: bytes) -> int:
    """Seal the pieces into a temporary file and store that as the job's; return the size of what is inside."""
    size = 0

    def counted() -> Iterator[bytes]:
        nonlocal size
        for piece in pieces:
            size += len(piece)
            yield piece

    with tempfile.TemporaryFile("w+b") as file:
        for sealed in vault.seal_stream(counted(), key=key, bound=_bound(account_id, job_id)):
            file.write(sealed)
        file.seek(0)
        storage.put_stream(key_of(account_id, job_id), file)
    return size


def read_export(job: Job) -> bytes:
    """Return a finished export's file; raises storage.Missing, vault.VaultError."""
    return read(job.account_id, job.id, vault.account_key(job.account_id, PURPOSE))


def read(account_id: uuid.UUID, job_id: uuid.UUID, key: bytes) -> bytes:
    """Return what `store` stored; raises storage.Missing, vault.VaultError."""
    sealed = storage.stream(key_of(account_id, job_id))
    return b"".join(vault.open_stream(sealed, key=key, bound=_bound(account_id, job_id)))


def _bound(account_id: uuid.UUID, job_id: uuid.UUID) -> bytes:
    return account_id.bytes + job_id.bytes
