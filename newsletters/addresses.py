"""E-mail addresses: written one way, and hashed under a key of our own, so that an erased one is still recognised."""

from __future__ import annotations

import hashlib
import hmac
import unicodedata

from django.conf import settings


def normalised(address: str) -> str:
    """Return the address as it is stored and compared: NFC, no spaces around it, lower case."""
    return unicodedata.normalize("NFC", address.strip()).lower()


def key_of(address: str) -> bytes:
    """Return the keyed hash (HMAC-SHA256, 32 bytes) of an address: what the suppression list holds."""
    return hmac.new(
        settings.ADDRESS_KEY.encode(), f"newsletter:{normalised(address)}".encode(), hashlib.sha256
    ).digest()


def masked(address: str) -> str:
    """Return the address for a page that may have been forwarded: t••••@example.nl."""
    name, _, host = address.partition("@")
    return f"{name[:1]}••••@{host}"
