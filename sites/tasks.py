"""Background work of the builder: telling members that something came in, and deleting what has had its time."""

from __future__ import annotations

import contextlib
import uuid
from datetime import datetime, timedelta

from celery import shared_task
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account
from accounts.selectors import addresses_to_notify
from sites.models import Asset, Page, Site, Submission, Upload
from sites.selectors import shown
from sites.services import assets, export, keys, room, search, uploads
from webanizr.core import mail, tenancy, vault
from webanizr.core.tasks import Later, TenantTask, tenant_ids

TRASH_DAYS = 30
BATCH = 5000


@shared_task(base=TenantTask, name="sites.tasks.notify_submission")
def notify_submission(*, submission_id: str) -> None:
    """Have a new message indexed, and mail the members: through which form it came, where to read it.

    The mail holds no answers (promise 13).
    """
    search.index_later(uuid.UUID(submission_id))
    if Upload.objects.filter(submission_id=submission_id).exists():
        uploads.follow_limits()
    submission = Submission.objects.select_related("form", "site").defer("content").filter(id=submission_id).first()
    if submission is None or submission.quarantined or not submission.form.notify:
        return
    account = Account.objects.get(id=tenancy.current_account_id())
    link = f"{settings.APP_URL}{reverse('inbox:show', args=[submission.id])}"
    for name, address in addresses_to_notify(account.id):
        mail.send(
            to=address,
            template="mail/new_submission",
            context={"name": name, "form": submission.form.name, "site": submission.site.name, "link": link},
            language=account.language,
        )


@shared_task(base=TenantTask, name="sites.tasks.index_submission")
def index_submission(*, submission_id: str) -> None:
    """Make a message findable. One that can't be opened has rung an alarm, and isn't tried again."""
    submission = Submission.objects.select_related("intake_key").filter(id=submission_id).first()
    if submission is None:
        return
    with contextlib.suppress(vault.Unreadable):
        search.index(submission)


@shared_task(base=TenantTask, name="sites.tasks.follow_limits")
def follow_limits() -> None:
    """After a change of plan, or a file more: say how large a file the account's websites may take, and show more or
    fewer websites and messages.
    """
    uploads.follow_limits()
    room.follow_plan()
    shown.forget()


@shared_task(base=TenantTask, name="sites.tasks.discard_files")
def discard_files(*, file_ids: list[str]) -> None:
    """Delete the files of messages that are gone, at most a thousand; the database queued it with the deletion."""
    uploads.discard([uuid.UUID(each) for each in file_ids])
    uploads.follow_limits()


@shared_task(base=TenantTask, name="sites.tasks.discard_file")
def discard_file(*, file_id: str) -> None:
    """Delete a file whose row is gone. Queued by the database in the deletion's own transaction."""
    uploads.discard([uuid.UUID(file_id)])
    uploads.follow_limits()


@shared_task(name="sites.tasks.sweep_uploads")
def sweep_uploads() -> None:
    """Delete files that were chosen in a form which was then never sent."""
    uploads.sweep_pending(now=timezone.now())


@shared_task(base=TenantTask, name="sites.tasks.rewrap", atomic=False)
def rewrap(*, account_id: uuid.UUID, site_id: str) -> None:
    """After a site got a new key pair: seal its intake keys to it, commit that, and then destroy the old private half.

    Waits for the hour in which a hosting process may still use the old pair.
    """
    site = uuid.UUID(site_id)
    with tenancy.tenant(account_id):
        if not Site.objects.filter(id=site).exists():
            return
        keys.rewrap(site_id=site)
    with tenancy.tenant(account_id):
        wait = keys.destroy_retired(site_id=site)
    if wait is not None:
        raise Later(wait.total_seconds())


@shared_task(base=TenantTask, name="sites.tasks.delete_picture", atomic=False)
def delete_picture(*, account_id: uuid.UUID, asset_id: str) -> None:
    """Delete the files of a picture that somebody deleted."""
    picture = uuid.UUID(asset_id)
    with tenancy.tenant(account_id):
        if Asset.objects.filter(id=picture).exists():
            return
    assets.delete_files(account_id=account_id, asset_id=picture)


@shared_task(base=TenantTask, name="sites.tasks.tell_export_ready", queue="mail")
def tell_export_ready(*, job_id: str) -> None:
    """Mail who asked for an export that it is there to fetch."""
    export.tell_ready(uuid.UUID(job_id))


@shared_task(name="sites.tasks.mend_keys")
def mend_keys() -> None:
    """Give sites without a key pair theirs, and seal what was stored before answers were sealed; account by account."""
    for account_id in tenant_ids():
        with tenancy.tenant(account_id):
            keys.make_missing_keys()
        sealed = keys.BATCH
        while sealed == keys.BATCH:
            with tenancy.tenant(account_id):
                sealed = keys.seal_plain_rows()


@shared_task(name="sites.tasks.delete_expired")
def delete_expired() -> None:
    """Delete submissions at the end of their term, and what was in the trash for a month; account by account."""
    now = timezone.now()
    for account_id in tenant_ids():
        while _delete_batch(account_id, now) == BATCH:
            pass
        unused = keys.BATCH
        while unused == keys.BATCH:
            with tenancy.tenant(account_id):
                unused = keys.delete_unused(now=now)


def _delete_batch(account_id: uuid.UUID, now: datetime) -> int:
    with tenancy.tenant(account_id):
        ids = list(Submission.objects.filter(expires_at__lt=now).values_list("id", flat=True)[:BATCH])
        if len(ids) < BATCH:
            old = now - timedelta(days=TRASH_DAYS)
            ids += list(Submission.objects.filter(deleted_at__lt=old).values_list("id", flat=True)[: BATCH - len(ids)])
        Submission.objects.filter(id__in=ids).delete()
        Page.objects.filter(deleted_at__lt=now - timedelta(days=TRASH_DAYS)).delete()
    return len(ids)
