"""The exporter's task: its own service and database login, which may read and not change (promise 10)."""

from __future__ import annotations

import uuid

from celery import shared_task

from sites.services.export import run_export
from sites.services.export_consented import forget_consented_exports, run_consented_export
from webanizr.core.tasks import TenantTask


@shared_task(base=TenantTask, name="sites.export_tasks.export_submissions", atomic=False)
def export_submissions(*, account_id: uuid.UUID, job_id: str) -> None:
    """Write one export."""
    run_export(account_id, uuid.UUID(job_id))


@shared_task(base=TenantTask, name="sites.export_tasks.export_consented", atomic=False)
def export_consented(*, account_id: uuid.UUID, job_id: str) -> None:
    """Write an export that staff ordered in a look-in; the database queued it."""
    run_consented_export(account_id, uuid.UUID(job_id))


@shared_task(base=TenantTask, name="sites.export_tasks.forget_consented", atomic=False)
def forget_consented(*, account_id: uuid.UUID, session_id: str) -> None:
    """Delete what a look-in exported: it has ended."""
    forget_consented_exports(account_id, uuid.UUID(session_id))
