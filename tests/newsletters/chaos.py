"""A Celery worker for the newsletter's chaos test: the product's own tasks, with a clock that ticks faster."""

from __future__ import annotations

import django
from django.apps import apps

if not apps.ready:
    django.setup()  # the worker's own process loads this module first

from newsletters import tasks
from newsletters.services import reconcile, sync
from webanizr.celery import app

app.conf.beat_schedule = {
    "relay": {"task": "webanizr.core.tasks.relay", "schedule": 0.5, "options": {"expires": 5}},
    "drain": {"task": tasks.drain.name, "schedule": 0.5, "options": {"expires": 5}},
}
sync.DRAIN_SECONDS = 5.0
reconcile.SLICE_SECONDS = 1.0

__all__ = ["app"]
