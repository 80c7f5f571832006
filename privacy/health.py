"""How the external systems are doing: asked by the worker every minute, shown in the staff console."""

from __future__ import annotations

from typing import Any

from celery import shared_task
from django.core.cache import cache

from privacy.connectors.base import Health, systems

SECONDS = 900  # an older answer counts as none


@shared_task(name="privacy.health.check")
def check() -> None:
    """Ask each system, and keep the answer for a while."""
    for kind, system in systems().items():
        cache.set(f"health:{kind}", system.health(), SECONDS)


def latest() -> list[dict[str, Any]]:
    """Return {"kind", "name", "health"} of each system; health is None when nobody asked lately."""
    rows = []
    for kind, system in systems().items():
        health: Health | None = cache.get(f"health:{kind}")
        rows.append({"kind": kind, "name": system.name, "health": health})
    return rows
