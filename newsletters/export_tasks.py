"""The exporter's task for a subscriber: its own service and database login, which may read and not change."""

from __future__ import annotations

import uuid

from celery import shared_task

from newsletters.services import package
from webanizr.core.tasks import TenantTask


@shared_task(base=TenantTask, name="newsletters.export_tasks.write_package", atomic=False)
def write_package(*, account_id: uuid.UUID, job_id: str) -> None:
    """Write what a subscriber asked for."""
    package.run(uuid.UUID(job_id))
