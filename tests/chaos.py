"""A Celery worker for the chaos test: each row leaves exactly one audit row, so that lost and doubled both show."""

from __future__ import annotations

import time

import django
from django.apps import apps

if not apps.ready:
    django.setup()  # the worker's own process loads this module first

from accounts.models import AuditEvent
from webanizr.celery import app
from webanizr.core.tasks import TenantTask

ACTION = "chaos"


@app.task(base=TenantTask, name="tests.chaos.count")
def count(*, number: int) -> None:
    """Leave a mark, slowly enough to be killed in the middle."""
    time.sleep(0.01)
    AuditEvent.objects.create(action=ACTION, target_id=f"00000000-0000-0000-0000-{number:012d}")
    time.sleep(0.01)


__all__ = ["app", "count"]
