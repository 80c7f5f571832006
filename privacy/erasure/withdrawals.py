"""Consent that was withdrawn, in the ledger outside the database: no backup gives it back (promise 11)."""

from __future__ import annotations

import uuid
from typing import Any

from django.utils import timezone

from privacy.erasure import ledger
from privacy.models import AccessGrant
from webanizr.core import tenancy

KIND = "withdrawal"


def keep(*, account_id: uuid.UUID, grant_id: uuid.UUID) -> int:
    """Store that a grant was withdrawn, by number; return the line's number. Repeatable; as worker."""
    return ledger.append(str(grant_id), {"kind": KIND, "account": str(account_id), "grant": str(grant_id)})


def withdraw_again(line: dict[str, Any]) -> None:
    """Withdraw what the backup gave back, and with it every look-in that was open; the database logs it. As eraser."""
    account_id, grant_id = uuid.UUID(line["account"]), uuid.UUID(line["grant"])
    with tenancy.tenant(account_id):
        AccessGrant.objects.filter(account_id=account_id, id=grant_id, revoked_at=None).update(
            revoked_at=timezone.now()
        )
