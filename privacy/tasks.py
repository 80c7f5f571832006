"""Background work of this application."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from privacy.services import proof, statement
from webanizr.core.tasks import TenantTask


@shared_task(name="privacy.tasks.gather_evidence")
def gather_evidence() -> None:
    """Count what the proof page shows."""
    proof.gather_evidence(now=timezone.now())


@shared_task(name="privacy.tasks.publish_statement")
def publish_statement() -> None:
    """Publish the statement when its words or tables have changed."""
    statement.publish_statement(now=timezone.now())


@shared_task(base=TenantTask, name="privacy.tasks.notify_statement")
def notify_statement(*, number: int) -> None:
    """Tell an account's members that the statement changed."""
    statement.notify_members(number=number)
