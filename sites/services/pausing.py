"""Websites of an account that is about to be erased: off the air at once, and back when the request is withdrawn.

Those that the plan had no room for are taken along, so that no change of plan brings them back meanwhile.
"""

from __future__ import annotations

import uuid

from django.db.models import Q

from privacy.erasure.subjects import Subject
from sites.models import Domain
from sites.services.room import surplus
from webanizr.core import tenancy


def pause(site_ids: list[uuid.UUID] | None) -> list[str]:
    """Take the current account's websites off the air; return what was on it, or waited for room, as "site:version".

    Args: site_ids: only these; None for all.
    """
    online = Domain.objects.filter(Q(version_id__isnull=False) | Q(held_version_id__isnull=False))
    if site_ids is not None:
        online = online.filter(site_id__in=site_ids)
    rows = online.values_list("site_id", "version_id", "held_version_id")
    shown = sorted({f"{site_id}:{version_id or held}" for site_id, version_id, held in rows})
    online.update(version_id=None, held_version_id=None)
    return shown


def resume(shown: list[str]) -> None:
    """Put back on the air what `pause` returned, as far as the plan has room for it now; the rest waits for room."""
    beyond = surplus()
    for each in shown:
        site_id, _colon, version_id = each.partition(":")
        column = "held_version_id" if uuid.UUID(site_id) in beyond else "version_id"
        Domain.objects.filter(site_id=site_id, version_id=None).update(**{column: version_id})


def stop(subject: Subject) -> None:
    """Take the websites of what is being erased off the air, however it was asked for. As the eraser; repeatable."""
    if subject.account_id is not None and subject.sites:
        with tenancy.tenant(subject.account_id):
            Domain.objects.filter(site_id__in=subject.sites).update(version_id=None, held_version_id=None)
