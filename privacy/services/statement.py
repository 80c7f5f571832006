"""Publishing a new version of the privacy statement, and telling every member what changed."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.apps import apps
from django.db import transaction
from django.utils.translation import override

from privacy.models import StatementVersion
from privacy.statement import content
from webanizr.core import locks, mail, outbox, tenancy
from webanizr.core.tasks import tenant_ids

NOTIFY = "privacy.tasks.notify_statement"


def publish_statement(*, now: datetime, again: bool = False) -> StatementVersion | None:
    """Publish the statement as it is now, if it differs from what holds; members get a mail, the first version aside.

    Args: again: also when an earlier version said the same. Without it that isn't privacy: two releases running side
    by side would take turns.
    Returns the new version, or None when there is nothing to publish. Runs as the worker.
    """
    whole = content.whole()
    digest = content.digest(whole)
    with transaction.atomic():
        locks.hold("statement")  # two at once: the second one sees what the first one published
        before = StatementVersion.objects.order_by("-number").first()
        if before is not None and before.digest == digest:
            return None
        if not again and StatementVersion.objects.filter(digest=digest).exists():
            return None
        number = before.number + 1 if before else 1
        version = StatementVersion.objects.create(number=number, digest=digest, content=whole, published_at=now)
        if before is not None:
            for account_id in tenant_ids():
                if account_id != tenancy.PLATFORM_ACCOUNT:
                    with tenancy.tenant(account_id):
                        outbox.add(NOTIFY, number=number)
    return version


def notify_members(*, number: int) -> int:
    """Mail the members of the current account that the statement changed; return how many."""
    account_id: uuid.UUID = tenancy.current_account_id()
    members = apps.get_model("accounts.Membership")._default_manager.filter(account_id=account_id)
    language = apps.get_model("accounts.Account")._default_manager.values_list("language", flat=True).get(pk=account_id)
    sent = 0
    with override(language):
        for name, address in members.values_list("user__name", "user__email"):
            mail.send(
                to=address, template="mail/statement", context={"name": name, "number": number}, language=language
            )
            sent += 1
    return sent
