"""Websites that a smaller plan has no room for: off the air, nothing of them deleted, back with a larger plan.

The oldest ones stay on the air, as many as the plan has room for.
"""

from __future__ import annotations

import uuid

from django.db.models import F

from billing.selectors import limits_of
from sites.models import Domain, Site
from webanizr.core import tenancy


def surplus() -> set[uuid.UUID]:
    """Return the current account's websites beyond its plan, by id."""
    most = limits_of(tenancy.current_account_id()).sites
    return set(Site.objects.order_by("created_at", "id").values_list("id", flat=True)[most:])


def follow_plan() -> None:
    """Take off the air what the plan has no room for, and put back what it has room for again."""
    beyond = surplus()
    Domain.objects.filter(site_id__in=beyond, version_id__isnull=False).update(
        held_version_id=F("version_id"), version_id=None
    )
    waiting = Domain.objects.filter(held_version_id__isnull=False, version_id=None).exclude(site_id__in=beyond)
    waiting.filter(account_id=tenancy.current_account_id()).update(
        version_id=F("held_version_id"), held_version_id=None
    )
