"""What an erasure would take along, counted for who is about to ask for one, and what stays."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.apps import apps

from privacy.connectors.base import systems


@dataclass(frozen=True)
class Preview:
    """Counts. Args: leaving: names of colleagues who have no other account; outside: names of systems in use."""

    sites: list[str]
    submissions: int
    files: int
    colleagues: list[str]
    outside: list[str]


def preview(account_id: uuid.UUID, *, user_id: uuid.UUID) -> Preview:
    """Return what goes with the account. In the account's context."""
    sites = apps.get_model("sites.Site")._default_manager.order_by("created_at")
    members = apps.get_model("accounts.Membership")._default_manager.filter(account_id=account_id)
    return Preview(
        sites=list(sites.values_list("name", flat=True)),
        submissions=apps.get_model("sites.Submission")._default_manager.count(),
        files=apps.get_model("sites.Asset")._default_manager.count(),
        colleagues=list(members.exclude(user_id=user_id).values_list("user__name", flat=True)),
        outside=outside(),
    )


def outside() -> list[str]:
    """Return the names of the systems outside that will be asked."""
    return [system.name for system in systems().values() if system.name]
