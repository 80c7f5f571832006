"""The one way in and the one way out for what customers collect.

Every answer passes through `seal` before it is stored and through `unseal` before anybody reads it; nothing else
knows what a submission's bytes mean. Serves promises 10, 13 and 16.
"""

from __future__ import annotations

import base64
import json
import uuid
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

FORMAT = b"\x01"  # version of the stored form; 1 = plain JSON


class Unreadable(Exception):
    """Stored content can't be opened: another format, a moved row or damaged bytes. Never a half-read record."""


def seal(
    content: dict[str, Any], *, account_id: uuid.UUID, site_id: uuid.UUID, form_id: uuid.UUID, submission_id: uuid.UUID
) -> bytes:
    """Turn a submission's answers into the bytes to store.

    Args: content: {"fields": [...], "values": {...}} as `sites.services.intake` builds it; the four ids bind the bytes
    to their row.
    """
    return FORMAT + json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def unseal(
    sealed: bytes | memoryview,
    *,
    account_id: uuid.UUID,
    site_id: uuid.UUID,
    form_id: uuid.UUID,
    submission_id: uuid.UUID,
) -> dict[str, Any]:
    """Return the answers in `sealed`; raises Unreadable when the bytes are not whole."""
    data = bytes(sealed)
    if data[:1] != FORMAT:
        raise Unreadable("unknown format")
    try:
        content = json.loads(data[1:])
    except ValueError as error:
        raise Unreadable("damaged") from error
    if not isinstance(content, dict):
        raise Unreadable("damaged")
    return content


def _box(purpose: str) -> Fernet:
    key = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=purpose.encode()).derive(
        settings.SECRET_KEY.encode()
    )
    return Fernet(base64.urlsafe_b64encode(key))


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
