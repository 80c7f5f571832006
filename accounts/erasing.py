"""What accounts add to an erasure (`privacy.erasure.hooks`): nobody leaves an account behind without an owner."""

from __future__ import annotations

import uuid

from django.db import transaction

from accounts.models import Account, Membership, Role
from privacy.datamap import Scope
from privacy.models import ErasureRequest
from webanizr.core import tenancy


def owned_alone(user_id: uuid.UUID) -> list[Account]:
    """Return the accounts that would be left without an owner: theirs alone, and not being erased themselves."""
    found = []
    with transaction.atomic():
        with tenancy.context(account_id=None, user_id=user_id):
            mine = Membership.objects.filter(user_id=user_id, role=Role.OWNER).select_related("account")
            accounts = [each.account for each in mine.order_by("created_at")]
        for account in accounts:
            with tenancy.context(account_id=account.pk, user_id=user_id):
                owners = Membership.objects.filter(account_id=account.pk, role=Role.OWNER)
                going = ErasureRequest.objects.filter(
                    scope=Scope.ACCOUNT.value, subject_id=account.pk, state__in=ErasureRequest.OPEN
                )
                if not owners.exclude(user_id=user_id).exists() and not going.exists():
                    found.append(account)
    return found


def refuse(user_id: uuid.UUID) -> str:
    """Say why a person can't be erased yet, "" when they can."""
    return "only_owner" if owned_alone(user_id) else ""
