"""Whether an account has room for one more person.

Plans stand above this application and may not be imported here: `billing` adds its check to `CHECKS` in its
AppConfig.ready. Each check gets the account's id and how many people and open invitations it has, runs in the account's
context, holds the last place until the transaction ends, and raises ValueError with words for who asked.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable

CHECKS: list[Callable[[uuid.UUID, Callable[[], int]], None]] = []


def take(account_id: uuid.UUID, count: Callable[[], int]) -> None:
    """Ask every check. Args: count: returns how many there are, called once the last place is held."""
    for check in CHECKS:
        check(account_id, count)
