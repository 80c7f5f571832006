"""Exports that staff order in a look-in: written by the exporter, within that session's scope, gone when it ends.

Serves promise 10: exporting has its own consent, staff's own login reads no row for it, and a withdrawal stops it.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import Account
from privacy.gate import LiveScope
from privacy.models import AccessSession, Action
from privacy.services import access
from privacy.services.refusals import ConsentError
from sites.selectors import inbox, search
from sites.services import export_csv
from webanizr.core import jobs, results, storage, tenancy, vault
from webanizr.core.models import Job

KIND = "access_export"  # as the database's `order_export` calls it
PURPOSE = "access-export"


def run_consented_export(account_id: uuid.UUID, job_id: uuid.UUID) -> None:
    """Write the export that a session ordered, and mark its job done; failed when the session ended meanwhile.

    For the exporter's login. Idempotent: every attempt replaces the former one's file.
    """
    with tenancy.tenant(account_id):
        job = Job.objects.filter(id=job_id, kind=KIND).first()
        if job is None or job.finished:
            return
        key = vault.account_key(account_id, PURPOSE)
        language = Account.objects.get(id=account_id).language
    opened = _within(job)
    chosen = search.Filter(form=uuid.UUID(job.params["form"]) if job.params["form"] else None)
    try:
        with translation.override(language), opened(account_id) as scope:
            total = inbox.submissions(chosen).count()
        jobs.progress(account_id, job_id, done=0, total=total)

        def progress(done: int) -> None:
            jobs.progress(account_id, job_id, done=min(done, total), total=total)

        with translation.override(language):
            pieces = export_csv.write(account_id, chosen, progress, opened)
            size = results.store(account_id, job_id, pieces, key)
        with opened(account_id):  # still?
            jobs.finish(account_id, job_id, result_key=results.key_of(account_id, job_id), result_bytes=size)
            Job.objects.filter(id=job_id).update(expires_at=scope.ends)
    except ConsentError:
        storage.delete(results.key_of(account_id, job_id))
        jobs.fail(account_id, job_id, message=_("The permission has ended. Nothing was exported."))


def _within(job: Job) -> Callable[[uuid.UUID], AbstractContextManager[Any]]:
    """Return the context in which the exporter sees what the job's session covers, as long as that lasts."""
    session = AccessSession(id=uuid.UUID(job.params["session"]), account_id=job.account_id)

    def opened(account_id: uuid.UUID) -> AbstractContextManager[LiveScope]:
        return access.open_scope(session, actor_id=job.created_by, action=Action.EXPORT)

    return opened


def read_consented_export(scope: LiveScope, job_id: uuid.UUID) -> bytes:
    """Return the finished file, inside `open_scope(..., action="export")`. Raises storage.Missing, vault.VaultError.

    Which jobs are the session's own says `privacy.selectors.staff.exports_in_scope`.
    """
    return results.read(scope.account_id, job_id, vault.account_key(scope.account_id, PURPOSE))


def forget_consented_exports(account_id: uuid.UUID, session_id: uuid.UUID) -> int:
    """Delete the files of a session that has ended; return how many. For the exporter's login."""
    with tenancy.tenant(account_id):
        found = list(Job.objects.filter(kind=KIND, params__session=str(session_id)))
        storage.delete(*(results.key_of(account_id, job.id) for job in found))
        Job.objects.filter(id__in=[job.id for job in found]).update(result_key="", result_bytes=0)
    return len(found)
