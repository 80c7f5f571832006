"""Wrapping a private key so that it may be stored: by AWS KMS in production, else by a key in a local file.

The account's id goes along as encryption context: a key wrapped for one account can't be unwrapped for another, and
AWS's own log (CloudTrail) shows for which account each one was unwrapped. That log is why nothing else is in it.
"""

from __future__ import annotations

import os
import uuid
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from webanizr.core.storage.clients import BotoCoreError, ClientError, kms
from webanizr.core.vault.errors import Forbidden, Unavailable, Unreadable

# Format of a wrapped key: version, who wrapped it, the bytes of that wrapper.
BY_FILE, BY_KMS = b"\x01F", b"\x01K"
REFUSED = ("InvalidCiphertextException", "IncorrectKeyException", "InvalidKeyUsageException")


class Wrapper(Protocol):
    """What a wrapper can do. Both raise Unavailable when it doesn't answer, Forbidden when it refuses this process."""

    mark: bytes

    def wrap(self, secret: bytes, account_id: uuid.UUID) -> bytes:
        """Return the secret, wrapped for an account."""

    def unwrap(self, wrapped: bytes, account_id: uuid.UUID) -> bytes:
        """Return the secret; raises Unreadable when it was wrapped for another account, or is damaged."""


def wrapper() -> Wrapper:
    """Return the wrapper that the settings name; raises Forbidden in a service that has none."""
    if settings.KMS_KEY:
        return ByKms(settings.KMS_KEY)
    if settings.WRAPPING_KEY_FILE:
        return ByFile(Path(settings.WRAPPING_KEY_FILE))
    raise Forbidden("no wrapping key")


def wrap(secret: bytes, account_id: uuid.UUID) -> bytes:
    """Return the bytes to keep in the key store."""
    chosen = wrapper()
    return chosen.mark + chosen.wrap(secret, account_id)


def unwrap(stored: bytes, account_id: uuid.UUID) -> bytes:
    """Return the secret in what `wrap` made; raises Unreadable, Unavailable or Forbidden."""
    chosen = wrapper()
    if stored[:2] != chosen.mark:
        raise Unreadable("wrapped by another key")
    return chosen.unwrap(stored[2:], account_id)


class ByFile:
    """AES-256-GCM under a key in a file."""

    mark = BY_FILE

    def __init__(self, path: Path) -> None:
        try:
            text = path.read_text().strip()
            key = bytes.fromhex(text)
        except OSError as error:
            raise Unavailable("wrapping key file") from error
        except ValueError as error:
            raise Unreadable("wrapping key file") from error
        if len(key) != 32:
            raise Unreadable("wrapping key file")
        self._cipher = AESGCM(key)

    def wrap(self, secret: bytes, account_id: uuid.UUID) -> bytes:
        """Encrypt under a fresh nonce."""
        nonce = os.urandom(12)
        return nonce + self._cipher.encrypt(nonce, secret, account_id.bytes)

    def unwrap(self, wrapped: bytes, account_id: uuid.UUID) -> bytes:
        """Decrypt."""
        try:
            return self._cipher.decrypt(wrapped[:12], wrapped[12:], account_id.bytes)
        except (InvalidTag, ValueError) as error:
            raise Unreadable("wrapped key") from error


class ByKms:
    """AWS KMS: the wrapping key never leaves it."""

    mark = BY_KMS

    def __init__(self, key: str) -> None:
        self.key = key

    def wrap(self, secret: bytes, account_id: uuid.UUID) -> bytes:
        """Ask KMS to encrypt (it takes up to 4,096 bytes)."""
        with answers():
            answer = kms().encrypt(KeyId=self.key, Plaintext=secret, EncryptionContext=_context(account_id))
        return answer["CiphertextBlob"]

    def unwrap(self, wrapped: bytes, account_id: uuid.UUID) -> bytes:
        """Ask KMS to decrypt, with our key and no other."""
        with answers():
            answer = kms().decrypt(KeyId=self.key, CiphertextBlob=wrapped, EncryptionContext=_context(account_id))
        return answer["Plaintext"]


def _context(account_id: uuid.UUID) -> dict[str, str]:
    return {"account": str(account_id)}


class answers:  # noqa: N801  # a context manager that reads as a word
    """Turn what boto3 raises into our own errors."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, ClientError):
            code = error.response.get("Error", {}).get("Code", "")
            if code in REFUSED:
                raise Unreadable("wrapped key") from error
            if code == "AccessDeniedException":
                raise Forbidden("KMS refuses this service") from error
            raise Unavailable("KMS") from error
        if isinstance(error, BotoCoreError):
            raise Unavailable("KMS") from error
