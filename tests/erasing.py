"""An eraser for the chaos test: the product's own engine, whose days go by at once and whose clock ticks faster."""

from __future__ import annotations

from datetime import timedelta

import django
from django.apps import apps

if not apps.ready:
    django.setup()  # the worker's own process loads this module first

from privacy.erasure import engine, steps
from privacy.services.erasure import ADVANCE
from webanizr.celery import app

app.conf.beat_schedule = {"erasures": {"task": ADVANCE, "schedule": 0.2, "options": {"expires": 2, "queue": "erase"}}}
engine.RECHECK_AFTER = timedelta(0)
steps.horizon = lambda step: timedelta(0)

__all__ = ["app"]
