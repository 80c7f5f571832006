"""Consent that was withdrawn and objections, in the ledger outside the database: no backup takes them back.

Serves promises 07 and 11.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.db import transaction
from django.utils import timezone

from privacy.erasure import ledger
from privacy.models import AccessGrant
from webanizr.core import objections, outbox, tenancy

KIND, OBJECTED = "withdrawal", "objection"
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
