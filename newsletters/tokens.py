"""Links in mails: each token works for one purpose and one contact, and says nothing about the address.

A forwarded mail lets its reader unsubscribe and see the preferences of a masked address; erasing and downloading need a
fresh link from a mail.
"""

from __future__ import annotations

import enum
import hashlib
import secrets
import uuid

from django.core import signing

DAY = 86_400


class Purpose(enum.Enum):
    """What a token is for, and how long it works (seconds; None: as long as the contact exists)."""

    CONFIRM = ("confirm", 7 * DAY)
    UNSUBSCRIBE = ("unsubscribe", None)
    PREFERENCES = ("preferences", None)
    UNDO = ("undo", 1800)
    DOWNLOAD = ("download", DAY)
    PACKAGE = ("package", 7 * DAY)  # as long as what it fetches is kept
    ERASE = ("erase", DAY)

    def __init__(self, label: str, seconds: int | None) -> None:
        self.label, self.seconds = label, seconds

    @property
    def salt(self) -> str:
        """Return what keeps its signatures apart from those of other purposes."""
        return f"newsletters.{self.label}"


class BadToken(ValueError):
    """The link is damaged, too old, for something else, or the contact is gone."""


def make(purpose: Purpose, contact_id: uuid.UUID, *, lines: list[int] | None = None) -> str:
    """Return a token. Args: lines: numbers of ledger lines that it is about (UNDO)."""
    content: list[object] = [contact_id.hex]
    if purpose is Purpose.CONFIRM:
        content.append(secrets.token_urlsafe(12))  # every request has a token of its own
    if lines:
        content.append(lines)
    return signing.dumps(content, salt=purpose.salt)


def read(purpose: Purpose, token: str) -> uuid.UUID:
    """Return the contact's id; raises BadToken."""
    return uuid.UUID(_content(purpose, token)[0])


def lines(token: str) -> list[int]:
    """Return the ledger lines that an UNDO token is about; raises BadToken."""
    return [int(number) for number in _content(Purpose.UNDO, token)[1]]


def _content(purpose: Purpose, token: str) -> list[str]:
    try:
        content: list[str] = signing.loads(token, salt=purpose.salt, max_age=purpose.seconds)
    except signing.BadSignature as error:
        raise BadToken(purpose.label) from error
    return content


def digest(token: str) -> bytes:
    """Return the hash of a token: the ledger keeps this."""
    return hashlib.sha256(token.encode()).digest()
