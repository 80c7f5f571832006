"""Who wants to know that an account started or stopped paying.

`newsletters` stands above `billing` and may not be imported here: in its AppConfig.ready it adds its task's name to
`LISTENERS`. The task gets no arguments but runs in the account's context, from an outbox row of the same transaction
that changed the subscription (promise 03).
"""

from __future__ import annotations

from webanizr.core import outbox

LISTENERS: list[str] = []


def announce() -> None:
    """Leave one outbox row for each listener, in the current account's context and transaction."""
    for task in LISTENERS:
        outbox.add(task)
