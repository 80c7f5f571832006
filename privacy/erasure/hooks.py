"""What only an application knows about erasing: it registers functions in its AppConfig.ready(), this one calls them.

They run as the eraser, outside any account's context, unless it says otherwise; each opens what it needs.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from privacy.erasure.subjects import Subject


@dataclass(frozen=True)
class Hold:
    """Something that must be kept for a while. Args: what: key; count: how many; law: which; until: last day."""

    what: str
    count: int
    law: str
    until: date


# Complete what is known of the people before anything is deleted (a contact's number at the mailing platform).
IDENTIFY: list[Callable[[Subject], None]] = []
# Stop everything that could bring the subject back: suppression, queued pushes. Must be repeatable.
SUPPRESS: list[Callable[[Subject], None]] = []
# Empty a cache of what it holds of the subject by number, and look again: by the place's name, how much is left. Raises
# OSError when the cache can't be reached.
CACHES: dict[str, Callable[[Subject], int]] = {}
# Tables whose rows may not go yet, by label: a code that says why, "" when they may. The step stands still until then.
GUARDS: dict[str, Callable[[Subject], str]] = {}
# Whether somebody gave an address anew, of their own will, after a moment: what is known of it since then stays.
ANEW: list[Callable[[str, datetime], bool]] = []
# What the law keeps, by key: asked when the plan is made. Its link to the subject is an `unlink` path of the data map.
HOLDS: dict[str, Callable[[Subject], list[Hold]]] = {}
# Why a person can't be erased yet, by their number: a code, "" when they can. Asked at the request and at the start.
REFUSALS: list[Callable[[uuid.UUID], str]] = []
# Take an account's websites (or those named) off the air, and return in numbers what was on it; and put that back.
# Both run in the app service, in the account's context, when a request is made or withdrawn.
PAUSE: list[Callable[[list[uuid.UUID] | None], list[str]]] = []
RESUME: list[Callable[[list[str]], None]] = []


@dataclass(frozen=True)
class Replay:
    """How a kind of line of the ledger is followed. Args: follow: does it again, repeatable, as eraser; words: what
    `manage.py replay_erasures` prints.
    """

    follow: Callable[[dict[str, Any]], None]
    words: str


# What else than erasures a restored backup must not forget, by the line's "kind".
REPLAYS: dict[str, Replay] = {}


def refusal(user_id: uuid.UUID) -> str:
    """Return why a person can't be erased yet, "" when they can."""
    return next(filter(None, (refuse(user_id) for refuse in REFUSALS)), "")
