"""The Celery application of the worker, exporter and eraser services."""

import os

from celery import Celery
from celery.signals import worker_process_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webanizr.settings")

app = Celery("webanizr")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["webanizr.core", "accounts", "sites"])
app.conf.imports = ["webanizr.core.mail", "sites.export_tasks"]


@worker_process_init.connect
def close_inherited_connections(**_: object) -> None:
    """A forked process must not share its parent's database connection."""
    from django.db import connections

    connections.close_all()


__all__ = ["app"]
