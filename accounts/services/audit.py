"""The audit row that every act leaves in its own transaction: ids only."""

from __future__ import annotations

import uuid

from accounts.models import AuditEvent


def record(action: str, *, actor_id: uuid.UUID | None, target_id: uuid.UUID | None = None) -> None:
    """Store that `actor_id` did `action` to `target_id`, in the current account."""
    AuditEvent.objects.create(action=action, actor_id=actor_id, target_id=target_id)
