"""The published versions of the privacy statement."""

from __future__ import annotations

from privacy.models import StatementVersion


def latest() -> StatementVersion | None:
    """Return the version that holds now; None before the first was published."""
    return StatementVersion.objects.order_by("-number").first()
