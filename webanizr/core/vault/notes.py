"""Something small that one of our own services reads back: a mail that waits, an authenticator's secret.

The key comes from SECRET_KEY, which the hosting service doesn't have.
"""

from __future__ import annotations

import base64
import functools
import json
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from webanizr.core.vault.errors import Unreadable


def _box(purpose: str) -> Fernet:
    return _derived(purpose, settings.SECRET_KEY)


@functools.lru_cache(maxsize=32)
def _derived(purpose: str, secret: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(_key(purpose, secret)))


def _key(purpose: str, secret: str) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=purpose.encode()).derive(secret.encode())


def note_key(purpose: str) -> bytes:
    """Return a key of 32 bytes for something larger of somebody who has no account, and so no key of their own."""
    return _key(purpose, settings.SECRET_KEY)


def seal_note(content: dict[str, Any], *, purpose: str) -> bytes:
    """Seal something small that one of our own services reads back soon (a mail waiting to be sent)."""
    return _box(purpose).encrypt(json.dumps(content).encode())


def unseal_note(sealed: bytes | memoryview, *, purpose: str) -> dict[str, Any]:
    """Open what `seal_note` sealed; raises Unreadable."""
    try:
        content = json.loads(_box(purpose).decrypt(bytes(sealed)))
    except InvalidToken as error:
        raise Unreadable(purpose) from error
    return dict(content)
