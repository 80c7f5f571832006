"""The Celery application of the worker, exporter and eraser services."""

import contextlib
import os

from celery import Celery
from celery.signals import beat_init, worker_init, worker_process_init, worker_ready

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webanizr.settings")

app = Celery("webanizr")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["webanizr.core", "privacy", "accounts", "billing", "newsletters", "sites"])
app.conf.imports = [
    "webanizr.core.mail",
    "webanizr.core.mail_events",
    "privacy.announcements",
    "privacy.statistics",
    "privacy.health",
    "sites.export_tasks",
    "newsletters.export_tasks",
]


@worker_init.connect
@beat_init.connect
def refuse_a_broken_promise(**_: object) -> None:
    """A worker starts under the same conditions as the web services; raises SystemExit.

    Celery logs an exception of a signal's receiver and goes on, SystemExit ends the process.
    """
    from django.core.management.base import SystemCheckError

    from webanizr.core.checks import stop_on_errors

    try:
        stop_on_errors()
    except SystemCheckError as error:
        raise SystemExit(str(error)) from error


@beat_init.connect
def at_once(**_: object) -> None:
    """What would otherwise be empty until its first turn: the proof page's figures, the statement's first version."""
    for task in ("privacy.tasks.gather_evidence", "privacy.tasks.publish_statement"):
        with contextlib.suppress(Exception):  # a broker that is away: its turn comes
            app.send_task(task, expires=60, retry=False, ignore_result=True)


@worker_process_init.connect
def close_inherited_connections(**_: object) -> None:
    """A forked process must not share its parent's database connection."""
    from django.db import connections

    connections.close_all()


@worker_ready.connect
def mend_at_start(**_: object) -> None:
    """What a new release has to put right in stored rows begins with it, not an hour later."""
    if os.environ.get("WEBANIZR_SERVICE") == "worker":
        app.send_task("sites.tasks.mend_keys", expires=600, retry=False, ignore_result=True)


__all__ = ["app"]
