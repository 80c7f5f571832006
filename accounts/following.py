"""Who wants to know that a person's address or role changed.

Applications above this one may not be imported here: in its AppConfig.ready one adds its task's name to `LISTENERS`.
The task gets `user_id`, from an outbox row of the same transaction that changed the person.
"""

from __future__ import annotations

import uuid

from webanizr.core import outbox, tenancy

LISTENERS: list[str] = []


def announce(user_id: uuid.UUID) -> None:
    """Leave one outbox row for each listener, in the running transaction."""
    for task in LISTENERS:
        outbox.add(task, account_id=tenancy.PLATFORM_ACCOUNT, user_id=user_id)
