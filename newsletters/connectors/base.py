"""What Webanizr asks of a mailing platform, whichever it is (promise 07). One module beside this one per platform.

What all external systems share (Identity, Locator, Outcome, Verdict, Health) is in `privacy.connectors.base`. No call
may be made inside a database transaction. Outcomes are told, not raised; questions raise CannotAnswer.
"""

from __future__ import annotations

import enum
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from privacy.connectors.base import (
    CannotAnswer,
    ExternalSystem,
    Health,
    Identity,
    Locator,
    NotConfigured,
    Outcome,
    Presence,
    Result,
    Verdict,
)

__all__ = [
    "CannotAnswer",
    "Capabilities",
    "Contact",
    "EventKind",
    "Health",
    "Identity",
    "Locator",
    "MailingPlatform",
    "NoPlatform",
    "Outcome",
    "Page",
    "Presence",
    "RemoteContact",
    "Result",
    "Verdict",
    "WebhookEvent",
    "WebhookRefused",
]


@dataclass(frozen=True)
class Capabilities:
    """What a platform can and can't.

    Args: readd_after_erase: whether the API can bring an erased person back (Mailchimp can't); erase_is_async: whether
    an erasure is only accepted at first; stable_id: whether contacts keep our own number; batch_size: most contacts of
    one `upsert_many`; horizon_days: days after which an erasure is looked at again; form_url: the platform's own
    subscribe form, for who can't be brought back otherwise.
    """

    readd_after_erase: bool
    erase_is_async: bool
    stable_id: bool
    batch_size: int
    horizon_days: int = 0
    form_url: str = ""


@dataclass(frozen=True)
class Contact:
    """All that a mailing platform may know of a person.

    Args: id: our own number, opaque; person_id: whose list of transfers shows it (the user's id or the subscriber's);
    email: normalised; name: may be empty; language: nl or en-gb; topics: keys of the topics; resubscribe: True only
    after a fresh double opt-in, when the person stood unsubscribed there.
    """

    id: uuid.UUID
    person_id: uuid.UUID
    email: str
    name: str = ""
    language: str = "nl"
    topics: tuple[str, ...] = ()
    resubscribe: bool = False
    provider_id: str = ""

    @property
    def identity(self) -> Identity:
        """Return how the platform knows this contact."""
        numbers = (self.provider_id,) if self.provider_id else ()
        return Identity(person_id=self.person_id, contact_id=self.id, emails=(self.email,), provider_ids=numbers)


@dataclass(frozen=True)
class RemoteContact:
    """A contact as the platform lists it.

    Args: provider_id: its own number; email: normalised; contact_id: ours, None when it has none (added by hand there);
    unsubscribed: whether the person unsubscribed there or bounced for good; topics, name, language: as stored there.
    """

    provider_id: str
    email: str
    contact_id: uuid.UUID | None
    unsubscribed: bool
    name: str = ""
    language: str = ""
    topics: tuple[str, ...] = ()


@dataclass(frozen=True)
class Page:
    """One page of the platform's whole list. Args: cursor: for the next page, "" when this was the last."""

    contacts: tuple[RemoteContact, ...]
    cursor: str = ""


class EventKind(enum.Enum):
    """What a webhook tells."""

    UNSUBSCRIBED = "unsubscribed"
    HARD_BOUNCE = "hard_bounce"
    SOFT_BOUNCE = "soft_bounce"
    COMPLAINT = "complaint"
    DELETED = "deleted"
    CHANGED = "changed"  # re-read the contact


@dataclass(frozen=True)
class WebhookEvent:
    """One thing that happened there. It is a hint: re-read the contact before acting on anything but UNSUBSCRIBED.

    Args: id: the same for every delivery of the same event; kind; email: normalised, "" when not told; contact_id,
    provider_id: ours and theirs, when told; at: when it happened, in UTC.
    """

    id: str
    kind: EventKind
    at: datetime
    email: str = ""
    contact_id: uuid.UUID | None = None
    provider_id: str = ""


class WebhookRefused(Exception):
    """The request's secret or signature is wrong, too old, or its body makes no sense."""


class MailingPlatform(ExternalSystem, Protocol):
    """One mailing platform. See the methods of ExternalSystem too."""

    capabilities: Capabilities

    def upsert(self, contact: Contact) -> Outcome:
        """Make or change the contact and put it on the list; doing it twice is the same as once.

        A person who unsubscribed there stays unsubscribed unless `contact.resubscribe`; `Outcome.unsubscribed` tells.
        """

    def upsert_many(self, contacts: Sequence[Contact]) -> Mapping[uuid.UUID, Outcome]:
        """Do the same for at most `capabilities.batch_size` contacts; return the outcome by contact id."""

    def unsubscribe(self, identity: Identity) -> Outcome:
        """Let the person get no newsletter any more; the contact stays known. ALREADY_ABSENT when there is none."""

    def remove(self, identity: Identity) -> Outcome:
        """Take the person off the list, so that they can come back later: deleted where that allows it, else archived.

        For who may no longer be mailed (a downgrade). Somebody who wants to be erased needs `locate` and `erase`.
        """

    def find(self, identity: Identity) -> RemoteContact | None:
        """Read one contact again (after a webhook); None when it isn't there; raises CannotAnswer."""

    def contacts(self, cursor: str = "") -> Page:
        """Return one page of everybody on the list, the unsubscribed included; raises CannotAnswer.

        Pages are in the platform's own stable order; a contact that is added meanwhile may be missing, none comes twice
        unless the list changed.
        """

    def events(self, *, headers: Mapping[str, str], body: bytes, secret: str, now: datetime) -> Sequence[WebhookEvent]:
        """Verify a webhook and return what it tells; raises WebhookRefused.

        Args: headers: any case; body: raw; secret: the last part of the path it came in by; now: for the time window.
        """


@dataclass
class NoPlatform(NotConfigured):
    """Stands where no mailing platform is configured."""

    key: str = "mailing"
    name: str = ""
    capabilities: Capabilities = field(
        default_factory=lambda: Capabilities(
            readd_after_erase=True, erase_is_async=False, stable_id=True, batch_size=100
        )
    )

    def upsert(self, contact: Contact) -> Outcome:
        """Blocked."""
        return Outcome(Result.BLOCKED, cause="not_configured")

    def upsert_many(self, contacts: Sequence[Contact]) -> Mapping[uuid.UUID, Outcome]:
        """Blocked."""
        return {contact.id: self.upsert(contact) for contact in contacts}

    def unsubscribe(self, identity: Identity) -> Outcome:
        """Blocked."""
        return Outcome(Result.BLOCKED, cause="not_configured")

    def remove(self, identity: Identity) -> Outcome:
        """Blocked."""
        return Outcome(Result.BLOCKED, cause="not_configured")

    def find(self, identity: Identity) -> RemoteContact | None:
        """Nobody can tell."""
        raise CannotAnswer("not_configured")

    def contacts(self, cursor: str = "") -> Page:
        """Nobody can tell."""
        raise CannotAnswer("not_configured")

    def events(self, *, headers: Mapping[str, str], body: bytes, secret: str, now: datetime) -> Sequence[WebhookEvent]:
        """Nothing is expected."""
        raise WebhookRefused("not_configured")
