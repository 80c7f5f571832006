"""Since when a website's messages are sealed to the key pair they are, and who replaced it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from accounts.models import AuditEvent, User
from sites.models import Site, SiteKey


@dataclass(frozen=True)
class Lock:
    """The current pair. Args: since: when it was made; by: who replaced the one before; retiring: how many still go."""

    since: datetime | None
    by: str
    retiring: int


def lock_of(site: Site) -> Lock:
    """Return the state of a website's key pair."""
    pairs = list(SiteKey.objects.filter(site=site))
    current = next((each for each in pairs if each.retired_at is None), None)
    event = AuditEvent.objects.filter(action="site.key_rotated", target_id=site.id).order_by("-at").first()
    names = User.objects.filter(pk=event.actor_id).values_list("name", flat=True) if event and event.actor_id else ()
    return Lock(current.created_at if current else None, next(iter(names), ""), len(pairs) - (current is not None))
