"""The exporter's task: its own service and database login, which may read and not change (promise 10)."""

from __future__ import annotations

import uuid

from celery import shared_task

from sites.services.export import run_export
from webanizr.core.tasks import TenantTask


@shared_task(base=TenantTask, name="sites.export_tasks.export_submissions", atomic=False)
def export_submissions(*, account_id: uuid.UUID, job_id: str) -> None:
    """Write one export."""
    run_export(account_id, uuid.UUID(job_id))
