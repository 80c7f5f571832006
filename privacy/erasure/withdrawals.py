"""Consent that was withdrawn and objections, in the ledger outside the database: no backup takes them back.

Serves promises 07 and 11.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.apps import apps
from django.db import transaction
from django.utils import timezone

from privacy.erasure import ledger
from privacy.models import AccessGrant, ConsentSetting
from webanizr.core import objections, outbox, tenancy

KIND, OBJECTED, ASK_FIRST = "withdrawal", "objection", "never_implied"
KEEP_ASK_FIRST = "privacy.tasks.keep_ask_first"
KEEP_OBJECTION = "privacy.tasks.keep_objection"


def keep(*, account_id: uuid.UUID, grant_id: uuid.UUID) -> int:
    """Store that a grant was withdrawn, by number; return the line's number. Repeatable; as worker."""
    return ledger.append(grant_id, {"kind": KIND, "account": str(account_id), "grant": str(grant_id)})


def withdraw_again(line: dict[str, Any]) -> None:
    """Withdraw what the backup gave back, and with it every look-in that was open; the database logs it. As eraser."""
    account_id, grant_id = uuid.UUID(line["account"]), uuid.UUID(line["grant"])
    with tenancy.tenant(account_id):
        AccessGrant.objects.filter(account_id=account_id, id=grant_id, revoked_at=None).update(
            revoked_at=timezone.now()
        )


@transaction.atomic
def object_to(*, person_id: uuid.UUID, processor: str) -> None:
    """Store a person's no to a processor, and keep it outside the database. In the person's context; as app."""
    objections.object_to(person_id=person_id, processor=processor)
    outbox.add(
        KEEP_OBJECTION,
        account_id=tenancy.PLATFORM_ACCOUNT,
        person_id=person_id,
        processor=processor,
        said=uuid.uuid4(),  # who takes it back and says it again says it twice
    )


def keep_objection(*, person_id: uuid.UUID, processor: str, said: uuid.UUID) -> int:
    """Store that somebody said no; return the line's number. Repeatable; as worker."""
    return ledger.append(said, {"kind": OBJECTED, "person": str(person_id), "processor": processor})


def object_again(line: dict[str, Any]) -> None:
    """Say no again for somebody. As eraser."""
    person_id = uuid.UUID(line["person"])
    with transaction.atomic(), tenancy.context(account_id=None, user_id=person_id):
        objections.object_to(person_id=person_id, processor=line["processor"])


def keep_ask_first(*, account_id: uuid.UUID, actor_id: uuid.UUID, said: uuid.UUID) -> int:
    """Store that an account wants to be asked first, always; return the line's number. Repeatable; as worker."""
    return ledger.append(said, {"kind": ASK_FIRST, "account": str(account_id), "by": str(actor_id)})


def ask_first_again(line: dict[str, Any]) -> None:
    """Let the account be asked first again; the database logs it. As eraser."""
    account_id = uuid.UUID(line["account"])
    if not apps.get_model("accounts.Account")._default_manager.filter(pk=account_id).exists():
        return
    with tenancy.tenant(account_id):
        settings = ConsentSetting.objects.filter(account_id=account_id)
        if not settings.update(never_implied=True):
            made = ConsentSetting(account_id=account_id, never_implied=True, changed_by=uuid.UUID(line["by"]))
            made.save(force_insert=True)
