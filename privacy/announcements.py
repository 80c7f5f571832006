"""Telling every customer, thirty days beforehand, who will work for us or no longer (promise 09)."""

from __future__ import annotations

from celery import shared_task
from django.utils import formats, translation

from privacy import people
from privacy.models import ProcessorChange
from privacy.subprocessors import processors_url
from webanizr.core import mail, outbox, tenancy
from webanizr.core.tasks import TenantTask, tenant_ids


@shared_task(base=TenantTask, name="privacy.announcements.fan_out")
def fan_out(*, change_id: str) -> None:
    """Queue one mail task for each account: all of them in the transaction of this row, so none twice."""
    for account_id in tenant_ids():
        if account_id != tenancy.PLATFORM_ACCOUNT:
            with tenancy.tenant(account_id):
                outbox.add("privacy.announcements.tell", change_id=change_id)


@shared_task(base=TenantTask, name="privacy.announcements.tell")
def tell(*, change_id: str) -> None:
    """Mail the current account's owners about one change."""
    change = ProcessorChange.objects.filter(id=change_id).first()
    if change is None:
        return
    for reader in people.deciders(tenancy.current_account_id()):
        with translation.override(reader.language):
            context = {
                "name": reader.name,
                "party": change.party,
                "kind": str(change.get_kind_display()),
                "summary": change.summary_nl if reader.language == "nl" else change.summary_en,
                "day": formats.date_format(change.effective_on, "j F Y"),
                "link": processors_url(),
            }
        mail.send(to=reader.email, template="mail/processor_change", context=context, language=reader.language)
