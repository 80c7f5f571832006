"""Who belongs to an account, for the list of those who can get at its data."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.apps import apps
from django.utils.functional import Promise


@dataclass(frozen=True)
class Member:
    """A member by name, with the words of their role."""

    id: uuid.UUID
    name: str
    role: str | Promise


def members(account_id: uuid.UUID) -> list[Member]:
    """Return an account's members, the oldest first."""
    rows = apps.get_model("accounts.Membership")._default_manager.filter(account_id=account_id)
    return [
        Member(row.user_id, row.user.name, row.get_role_display())
        for row in rows.select_related("user").order_by("created_at")
    ]
