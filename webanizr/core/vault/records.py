"""Sealing what a visitor sent, by a process that can't read it back.

The hosting service knows a site's public key only. It makes an intake key, which it needs itself for some minutes,
and keeps it sealed to that public key; each submission is encrypted under the intake key. Format of the bytes:

    submission   2 | nonce (12) | AES-256-GCM(answers as JSON), bound to account, site, form and submission
    intake key   sealed box of: 1 | account (16) | site (16) | its own id (16) | key (32)
"""

from __future__ import annotations

import os
import uuid
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from nacl.exceptions import CryptoError
from nacl.public import PublicKey, SealedBox
from pydantic_core import from_json, to_json

from webanizr.core.vault.brief import Brief
from webanizr.core.vault.errors import Unreadable
from webanizr.core.vault.keys import CACHE_SECONDS, Pair, permit, private_key

FORMAT = b"\x02"
PLAIN = b"\x01"  # JSON as it is: rows of the first weeks of development, sealed by `sites.services.keys`
INTAKE_FORMAT = b"\x01"

_opened: Brief[IntakeKey] = Brief(seconds=CACHE_SECONDS, most=20_000)


@dataclass(frozen=True)
class IntakeKey:
    """An intake key that this process has in the open."""

    id: uuid.UUID
    secret: bytes

    @cached_property
    def cipher(self) -> AESGCM:
        """The cipher with this key: made once, it is safe for threads."""
        return AESGCM(self.secret)

    def __repr__(self) -> str:
        return f"IntakeKey({self.id})"


def new_intake_key(*, account_id: uuid.UUID, site_id: uuid.UUID, pair: Pair) -> tuple[IntakeKey, bytes]:
    """Return a fresh intake key and the bytes to store: sealed to the site's public key, so for nobody here."""
    key = IntakeKey(uuid.uuid4(), os.urandom(32))
    return key, seal_intake_key(key, account_id=account_id, site_id=site_id, pair=pair)


def seal_intake_key(key: IntakeKey, *, account_id: uuid.UUID, site_id: uuid.UUID, pair: Pair) -> bytes:
    """Return an intake key sealed to a public key; again, when a site gets a new pair."""
    whole = INTAKE_FORMAT + account_id.bytes + site_id.bytes + key.id.bytes + key.secret
    return SealedBox(PublicKey(pair.public)).encrypt(whole)


def open_intake_key(
    sealed: bytes | memoryview, *, key_id: uuid.UUID, account_id: uuid.UUID, site_id: uuid.UUID, pair_id: uuid.UUID
) -> IntakeKey:
    """Return a stored intake key in the open.

    Args: sealed: the row's bytes; key_id: the row's id; pair_id: of the pair it was sealed to. Raises Forbidden,
    Unavailable, or Unreadable when the row was moved or damaged or the private key is gone.
    """
    permit(account_id)
    known = _opened.get((account_id, site_id, key_id))
    if known is not None:
        return known
    try:
        whole = SealedBox(private_key(account_id, pair_id)).decrypt(bytes(sealed))
    except (CryptoError, ValueError) as error:
        raise Unreadable("intake key") from error
    if whole[:1] != INTAKE_FORMAT or len(whole) != 81:
        raise Unreadable("format of the intake key")
    if whole[1:49] != account_id.bytes + site_id.bytes + key_id.bytes:
        raise Unreadable("moved intake key")
    key = IntakeKey(key_id, whole[49:])
    _opened.put((account_id, site_id, key_id), key)
    return key


def forget_keys() -> None:
    """Forget every opened intake key of this process."""
    _opened.forget()


def bound(account_id: uuid.UUID, site_id: uuid.UUID, form_id: uuid.UUID, submission_id: uuid.UUID) -> bytes:
    """Return the associated data that binds bytes to their row: account | site | form | submission."""
    return account_id.bytes + site_id.bytes + form_id.bytes + submission_id.bytes


def seal(
    content: dict[str, Any],
    *,
    key: IntakeKey,
    account_id: uuid.UUID,
    site_id: uuid.UUID,
    form_id: uuid.UUID,
    submission_id: uuid.UUID,
) -> bytes:
    """Turn a submission's answers into the bytes to store.

    Args: content: {"fields": [...], "values": {...}} as `sites.hosting.store` builds it; key: of this site, at most
    ten minutes old; the four ids bind the bytes to their row.
    """
    nonce = os.urandom(12)
    text = to_json(content)
    return FORMAT + nonce + key.cipher.encrypt(nonce, text, bound(account_id, site_id, form_id, submission_id))


def unseal(
    sealed: bytes | memoryview,
    *,
    key: IntakeKey,
    account_id: uuid.UUID,
    site_id: uuid.UUID,
    form_id: uuid.UUID,
    submission_id: uuid.UUID,
) -> dict[str, Any]:
    """Return the answers in `sealed`; raises Unreadable when the bytes aren't whole or belong to another row."""
    return unseal_bound(sealed, key=key, bound=bound(account_id, site_id, form_id, submission_id))


def unseal_bound(sealed: bytes | memoryview, *, key: IntakeKey, bound: bytes) -> dict[str, Any]:
    """Return the answers in `sealed`, as `unseal` does; `bound` is what `bound()` makes of the row's ids."""
    data = bytes(sealed)
    if data[:1] != FORMAT:
        raise Unreadable("format")
    try:
        content = from_json(key.cipher.decrypt(data[1:13], data[13:], bound))
    except (InvalidTag, ValueError) as error:
        raise Unreadable("damaged or moved") from error
    if not isinstance(content, dict):
        raise Unreadable("damaged or moved")
    return content
