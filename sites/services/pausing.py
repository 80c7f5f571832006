"""Websites of an account that is about to be erased: off the air at once, and back when the request is withdrawn."""

from __future__ import annotations

import uuid

from sites.models import Domain


def pause(site_ids: list[uuid.UUID] | None) -> list[str]:
    """Take the current account's websites off the air; return what was on it, as "site:version".

    Args: site_ids: only these; None for all.
    """
    online = Domain.objects.filter(version_id__isnull=False)
    if site_ids is not None:
        online = online.filter(site_id__in=site_ids)
    shown = sorted({f"{site_id}:{version_id}" for site_id, version_id in online.values_list("site_id", "version_id")})
    online.update(version_id=None)
    return shown


def resume(shown: list[str]) -> None:
    """Put back on the air what `pause` returned."""
    for each in shown:
        site_id, _colon, version_id = each.partition(":")
        Domain.objects.filter(site_id=site_id, version_id=None).update(version_id=version_id)
