"""Everything about a subscriber as one zip: asked for by a mailed link, made by the exporter, fetched for a week.

The same package as an account holder gets (`privacy.package`): to read, as JSON and CSV, with the mailing platform's
own copy. A subscriber has no account, so the job is the platform's, under the number of the contact.
"""

from __future__ import annotations

import uuid

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from newsletters import scope
from newsletters.models import Contact
from newsletters.services import subscribe
from newsletters.tokens import Purpose
from privacy import export, package
from privacy.connectors.base import Identity
from webanizr.core import jobs, results, tenancy, vault
from webanizr.core.models import Job

KIND = "newsletter_package"
TASK = "newsletters.export_tasks.write_package"
READY = "newsletters.tasks.tell_package_ready"
PURPOSE = "newsletter-package"


def start(*, contact_id: uuid.UUID) -> Job:
    """Queue the package of a contact, unless it is being made already; return the job."""
    with tenancy.tenant(tenancy.PLATFORM_ACCOUNT, user_id=contact_id):
        waiting = Job.objects.filter(
            kind=KIND, created_by=contact_id, state__in=[Job.State.QUEUED, Job.State.RUNNING]
        ).first()
        return waiting or jobs.start(kind=KIND, task=TASK, actor_id=contact_id)


def latest(contact_id: uuid.UUID) -> Job | None:
    """Return the contact's newest package that is being made or still kept."""
    with tenancy.tenant(tenancy.PLATFORM_ACCOUNT, user_id=contact_id):
        job = Job.objects.filter(kind=KIND, created_by=contact_id).order_by("-created_at").first()
    return None if job is None or (job.expires_at and job.expires_at < timezone.now()) else job


def run(job_id: uuid.UUID) -> None:
    """Write the package of a job and mark it done. Every step has its own transaction; idempotent. As the exporter."""
    with tenancy.tenant(tenancy.PLATFORM_ACCOUNT):
        job = Job.objects.filter(id=job_id, kind=KIND).first()
    if job is None or job.finished:
        return
    contact_id = job.created_by
    with scope.contact(contact_id):
        contact = Contact.objects.filter(id=contact_id, erase_asked_at=None).first()
    if contact is None:  # is being erased: there is nothing left to give
        jobs.fail(tenancy.PLATFORM_ACCOUNT, job_id, message=_("There is nothing here any more."))
        return

    def progress(step: int, of: int, doing: str) -> None:
        jobs.progress(
            tenancy.PLATFORM_ACCOUNT, job_id, done=step - 1, total=of, message=package.step_words(step, of, doing)
        )

    with translation.override(contact.language):
        identity = Identity(person_id=contact_id, contact_id=contact_id, emails=(contact.address,))
        found = package.collect(export.subscriber_tables(contact_id, contact.address), identity, progress)
        pieces = package.pieces(
            found,
            title=_("Everything our newsletter knows about you"),
            lead=_("The same is in account.json and, for a spreadsheet, in the folder account."),
        )
        size = results.store(contact_id, job_id, pieces, vault.note_key(PURPOSE))
    key = results.key_of(contact_id, job_id)
    jobs.finish(tenancy.PLATFORM_ACCOUNT, job_id, result_key=key, result_bytes=size, then=READY)


def tell_ready(job_id: uuid.UUID) -> None:
    """Mail the subscriber the link to fetch it with. In the platform account's context."""
    job = Job.objects.filter(id=job_id, kind=KIND, state=Job.State.DONE).first()
    if job is None:
        return
    with scope.contact(job.created_by):
        contact = Contact.objects.filter(id=job.created_by, erase_asked_at=None).first()
    if contact is not None:
        subscribe.send(contact, "ready", Purpose.PACKAGE)


def read(job: Job) -> bytes:
    """Return a finished package; raises storage.Missing, vault.VaultError."""
    return results.read(job.created_by, job.id, vault.note_key(PURPOSE))
