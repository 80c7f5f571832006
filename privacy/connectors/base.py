"""What every system outside Webanizr can be asked about a person: is it there, what is there, erase it, is it gone.

Serves promise 08. The mailing platforms (`newsletters.connectors`) and the statistics (`privacy.connectors.matomo`) are
such systems; the erasure engine knows them through `systems()` alone. Look, act, look: an erasure counts when a fresh
look-up by every identifier finds nothing, and "don't know" is never "gone".
"""

from __future__ import annotations

import enum
import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Protocol

from django.utils import timezone


@dataclass(frozen=True)
class Identity:
    """Everything by which an external system may know a person.

    Args: person_id: whose transfers it is (the user's id, or the subscriber's); contact_id: our own number at the
    mailing platform; emails: the present address and every former one, normalised; provider_ids: the platform's own.
    """

    person_id: uuid.UUID
    contact_id: uuid.UUID | None = None
    emails: tuple[str, ...] = ()
    provider_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Locator:
    """One place at an external system where something about a person is. Can be stored as JSON and used later.

    Args: system: key of the system; kind: "contact", "blocklist", "mail_log" or "visits"; id: the system's own number
    of it; list_id: which list, where numbers are per list; email: the address it is under; person_id: whose it is.
    """

    system: str
    kind: str
    id: str
    person_id: uuid.UUID
    list_id: str = ""
    email: str = ""

    def as_json(self) -> dict[str, str]:
        """Return it for storage."""
        return {key: str(value) for key, value in asdict(self).items()}

    @classmethod
    def from_json(cls, stored: dict[str, str]) -> Locator:
        """Return what `as_json` stored."""
        return cls(**{**stored, "person_id": uuid.UUID(stored["person_id"])})  # type: ignore[arg-type]  # person_id is replaced


class Result(enum.Enum):
    """How a change at an external system ended."""

    DONE = "done"
    ACCEPTED = "accepted"  # they will do it; look again after `after` seconds
    ALREADY_ABSENT = "already_absent"
    FORGOTTEN_LOCK = "forgotten_lock"  # erased for good there: only the platform's own form brings the person back
    RETRY = "retry"  # try again after `after` seconds
    BLOCKED = "blocked"  # nothing will change by trying again; `cause` says what stands in the way


@dataclass(frozen=True)
class Outcome:
    """What came of a change.

    Args: result; after: seconds to wait, for ACCEPTED and RETRY; cause: a code without personal data ("http_401",
    "no_answer", "not_configured", ...); provider_id: the system's own number of the contact, where it told;
    unsubscribed: whether the contact stands unsubscribed there, None where it didn't say; uncertain: no answer came,
    so that it may have been done.
    """

    result: Result
    after: float = 0.0
    cause: str = ""
    provider_id: str = ""
    unsubscribed: bool | None = None
    uncertain: bool = False

    @property
    def ok(self) -> bool:
        """Whether the system now is as was asked."""
        return self.result in (Result.DONE, Result.ALREADY_ABSENT)


class Presence(enum.Enum):
    """Whether something about a person is still there."""

    ABSENT = "absent"
    PRESENT = "present"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Verdict:
    """What a fresh look-up found. Args: evidence: what was asked and answered, in codes without personal data."""

    presence: Presence
    evidence: tuple[str, ...] = ()
    at: datetime = field(default_factory=timezone.now)

    @property
    def absent(self) -> bool:
        """Whether it is certain that nothing is left."""
        return self.presence is Presence.ABSENT


@dataclass(frozen=True)
class Health:
    """Whether a system can be used now. Args: state: ok, off, refused (settings are wrong) or away; cause: a code."""

    system: str
    state: str
    cause: str = ""
    milliseconds: int = 0
    at: datetime = field(default_factory=timezone.now)

    @property
    def ok(self) -> bool:
        """Whether it answers as it should."""
        return self.state == "ok"


class CannotAnswer(Exception):
    """A question (locate, export, a page of the list) got no usable answer: nothing may be concluded from it.

    Args: cause: a code; after: seconds after which to ask again, None when asking again won't help.
    """

    def __init__(self, cause: str, *, after: float | None = None) -> None:
        super().__init__(cause)
        self.cause, self.after = cause, after


class ExternalSystem(Protocol):
    """What the erasure engine and the staff console ask of each system. None of it runs inside a transaction."""

    key: str
    name: str
    horizon_days: int  # days after which an erasure must be looked at again, 0 when it is final at once

    def health(self) -> Health:
        """Make a cheap authenticated request."""

    def locate(self, identity: Identity) -> list[Locator]:
        """Find everything about the person, by every identifier; raises CannotAnswer."""

    def export(self, locator: Locator) -> dict[str, Any]:
        """Return the system's copy of the data; raises CannotAnswer."""

    def erase(self, locator: Locator) -> Outcome:
        """Erase it for good."""

    def verify_absent(self, identity: Identity) -> Verdict:
        """Look again, by every identifier."""


class NotConfigured:
    """Stands where a system is switched off: everything that needs it is blocked, nothing is skipped."""

    horizon_days = 0

    def __init__(self, key: str, name: str) -> None:
        self.key, self.name = key, name

    def health(self) -> Health:
        """It is off."""
        return Health(self.key, "off", "not_configured")

    def locate(self, identity: Identity) -> list[Locator]:
        """Nobody can tell."""
        raise CannotAnswer("not_configured")

    def export(self, locator: Locator) -> dict[str, Any]:
        """Nobody can tell."""
        raise CannotAnswer("not_configured")

    def erase(self, locator: Locator) -> Outcome:
        """Blocked until somebody configures it."""
        return Outcome(Result.BLOCKED, cause="not_configured")

    def verify_absent(self, identity: Identity) -> Verdict:
        """Unknown, which is not absent."""
        return Verdict(Presence.UNKNOWN, ("not_configured",))


_factories: dict[str, Callable[[], ExternalSystem | None]] = {}


def register(kind: str, factory: Callable[[], ExternalSystem | None]) -> None:
    """Add a system: kind "mailing", "statistics" or "account_mail"; factory: returns the configured connector.

    Or a NotConfigured, which blocks, where it is switched off; None only where there can't be any data in it.
    """
    _factories[kind] = factory


def systems() -> dict[str, ExternalSystem]:
    """Return every external system by kind, those that are switched off included."""
    made = {kind: factory() for kind, factory in _factories.items()}
    return {kind: system for kind, system in made.items() if system is not None}
