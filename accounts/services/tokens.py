"""Personal tokens for the API: `wz_<account>_<secret>`, shown once, kept as a hash."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import uuid
from datetime import datetime, timedelta

from django.utils import timezone

from accounts.models import ApiToken, User
from accounts.services import audit

PREFIX = "wz"


def create_token(
    *, name: str, scopes: list[str], days: int, actor: User, now: datetime | None = None
) -> tuple[ApiToken, str]:
    """Make a token of the current account; return its row and the words to show once.

    Args: scopes: e.g. ["sites:read"]; days: how long it works.
    """
    secret = secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        user=actor,
        name=name,
        scopes=scopes,
        token_hash=hashlib.sha256(secret.encode()).digest(),
        expires_at=(now or timezone.now()) + timedelta(days=days),
    )
    audit.record("token.created", actor_id=actor.pk, target_id=token.id)
    return token, f"{PREFIX}_{token.account_id.hex}_{secret}"


def revoke_token(*, token: ApiToken, actor: User) -> None:
    """Delete a token; it stops working with this transaction."""
    audit.record("token.revoked", actor_id=actor.pk, target_id=token.id)
    token.delete()


def split(words: str) -> tuple[uuid.UUID, str] | None:
    """Return (account id, secret) of a token's words, None when they aren't a token."""
    parts = words.split("_", 2)
    if len(parts) != 3 or parts[0] != PREFIX or not parts[1].isascii():
        return None
    try:
        return uuid.UUID(hex=parts[1]), parts[2]
    except ValueError:
        return None


def find(secret: str, *, now: datetime | None = None) -> ApiToken | None:
    """Return the current account's token with that secret, if it still works."""
    wanted = hashlib.sha256(secret.encode()).digest()
    token = ApiToken.objects.filter(token_hash=wanted).first()
    if token is None or not hmac.compare_digest(bytes(token.token_hash), wanted):
        return None
    if token.expires_at is not None and token.expires_at <= (now or timezone.now()):
        return None
    return token
