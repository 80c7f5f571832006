"""After a backup was restored: nobody is served and nobody outside is asked until the ledger has been followed.

`/healthz/ready` says so, `core.net` sends nothing, the engine stands still, the hosting service answers that it is
away. `manage.py replay_erasures` opens it again.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.conf import settings
from django.db import transaction

from privacy.erasure import ledger
from webanizr.core.net import SwitchedOff

KNOWN_SECONDS = 15.0
AHEAD_SECONDS = 1.0
_known: tuple[float, int] | None = None  # when we looked, and how many lines we hadn't followed
_replaying: ContextVar[bool] = ContextVar("webanizr_replaying", default=False)


def lines_ahead() -> int:
    """Return how many lines this database hasn't followed; looked up at most every quarter of a minute.

    A storage that doesn't answer changes nothing about what is known; raises OSError when nothing is known yet.
    """
    global _known
    if _known is not None and time.monotonic() - _known[0] < (AHEAD_SECONDS if _known[1] else KNOWN_SECONDS):
        return _known[1]
    try:
        with transaction.atomic():
            found = ledger.ahead()
    except Exception as error:  # whatever the storage raises
        if _known is None:
            raise OSError("the ledger can't be reached") from error
        return _known[1]
    _known = (time.monotonic(), found)
    return found


def forget() -> None:
    """Look again at the next question."""
    global _known
    _known = None


def problems() -> list[str]:
    """Return what `/healthz/ready` says of it. Services that see the ledger's position only."""
    if settings.SERVICE not in ("app", "staff", "hosting"):
        return []
    try:
        return ["erasure ledger ahead"] if lines_ahead() else []
    except OSError:
        return ["erasure ledger unreachable"]


def closed() -> bool:
    """Whether the hosting service may show and take nothing: the ledger is ahead, or was never reached."""
    try:
        return lines_ahead() > 0
    except OSError:
        return True


@contextmanager
def replaying() -> Iterator[None]:
    """Let this process ask systems outside although the ledger is ahead: it is following it."""
    token = _replaying.set(True)
    try:
        yield
    finally:
        _replaying.reset(token)
        forget()


def gate() -> None:
    """Raise SwitchedOff while the ledger is ahead: an old list must not bring erased people back outside."""
    if not _replaying.get() and settings.SERVICE in ("worker", "exporter", "eraser", "app", "staff") and lines_ahead():
        raise SwitchedOff("the erasure ledger is ahead of this database")
