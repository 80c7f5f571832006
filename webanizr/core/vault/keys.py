"""Key pairs of sites and keys of accounts: made, unwrapped for who may, destroyed.

A private key is wrapped and in the key store before anybody learns its public half. Unwrapped it stays in a process
for at most five minutes. Which process may unwrap is decided here (`permit`), and before that by what a service is
given: the hosting service has neither the wrapping key nor the right to use KMS.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from django.conf import settings
from nacl.public import PrivateKey
from nacl.utils import random

from webanizr.core import tenancy
from webanizr.core.vault import keystore, wrapping
from webanizr.core.vault.brief import Brief
from webanizr.core.vault.errors import Forbidden, Unavailable, Unreadable

CACHE_SECONDS = 300
CACHE_MOST = 2000
# Services that work for one account at a time, chosen in `tenancy`. Staff need an open access session besides.
FOR_THEIR_ACCOUNT = ("app", "worker", "exporter")

_secrets: Brief[bytes] = Brief(seconds=CACHE_SECONDS, most=CACHE_MOST)
# A page of fifty messages must not wait for fifty time-outs: after one, nobody is asked for some seconds.
_away: Brief[bool] = Brief(seconds=5, most=1)

SessionGuard = Callable[[uuid.UUID, uuid.UUID], bool]
_guard: SessionGuard | None = None
_session: ContextVar[uuid.UUID | None] = ContextVar("webanizr_access_session", default=None)


@dataclass(frozen=True)
class Pair:
    """A site's key pair as everybody may know it: its id and its public half (32 bytes, X25519)."""

    id: uuid.UUID
    public: bytes


# --- who may


def guard_sessions(guard: SessionGuard) -> None:
    """Tell the vault how to find out whether staff may open an account's data now; called once, at start-up.

    Args: guard: gets (account_id, session_id), asks the database, and returns whether that access session is open,
    logged and committed, for that account. It is asked each time something is opened: a withdrawal works at once.
    """
    global _guard
    _guard = guard


@contextmanager
def access_session(session_id: uuid.UUID) -> Iterator[None]:
    """In the staff service: whatever is opened inside is opened for this access session."""
    token = _session.set(session_id)
    try:
        yield
    finally:
        _session.reset(token)


def permit(account_id: uuid.UUID) -> None:
    """Let this process open what belongs to an account, or raise Forbidden. Asked at every opening, cached or not."""
    service = settings.SERVICE
    if service in FOR_THEIR_ACCOUNT:
        try:
            if tenancy.current_account_id() == account_id:
                return
        except tenancy.NoTenant:
            pass
        raise Forbidden("another account")
    if service == "staff":
        session_id = _session.get()
        if session_id is not None and _guard is not None and _guard(account_id, session_id):
            return
        raise Forbidden("no open access session")
    raise Forbidden(f"the {service} service opens nothing")


# --- making, unwrapping, destroying


def make_pair(account_id: uuid.UUID) -> Pair:
    """Make a key pair and keep its private half, wrapped; return the public half. Raises Unavailable, Forbidden."""
    key_id, private = uuid.uuid4(), PrivateKey.generate()
    _keep(account_id, key_id, bytes(private))
    return Pair(key_id, bytes(private.public_key))


def make_account_key(account_id: uuid.UUID) -> None:
    """Make the account's own key unless it has one: for the search index and for exports. It is filed by its account.

    Two processes at once may both make one: the caller holds a lock on the account (`sites.services.keys`).
    """
    if f"{account_id}/{account_id}" not in set(keystore.store().names(account_id)):
        _keep(account_id, account_id, random(32))


def private_key(account_id: uuid.UUID, key_id: uuid.UUID) -> PrivateKey:
    """Return a pair's private half; raises Forbidden, Unavailable, or Unreadable when it is gone or damaged."""
    return PrivateKey(_secret(account_id, key_id))


def account_key(account_id: uuid.UUID, purpose: str) -> bytes:
    """Return the account's key for one purpose (32 bytes, HKDF); raises as `private_key` does."""
    secret = _secret(account_id, account_id)
    return HKDFExpand(algorithm=hashes.SHA256(), length=32, info=b"webanizr " + purpose.encode()).derive(secret)


def destroy_pair(account_id: uuid.UUID, key_id: uuid.UUID) -> None:
    """Delete a pair's private half for ever: what is sealed to it, backups included, can't be read any more."""
    keystore.store().delete(f"{account_id}/{key_id}")
    _secrets.forget((account_id, key_id))


def destroy_account_keys(account_id: uuid.UUID) -> int:
    """Delete every key of an account for ever; return how many there were."""
    names = list(keystore.store().names(account_id))
    for name in names:
        destroy_pair(account_id, uuid.UUID(name.partition("/")[2]))
    return len(names)


def forget() -> None:
    """Forget every unwrapped key of this process, and that somebody didn't answer."""
    _secrets.forget()
    _away.forget()


def _keep(account_id: uuid.UUID, key_id: uuid.UUID, secret: bytes) -> None:
    # the id is inside what is wrapped: a file renamed to another key's name is noticed
    keystore.store().put(f"{account_id}/{key_id}", wrapping.wrap(key_id.bytes + secret, account_id))


def _secret(account_id: uuid.UUID, key_id: uuid.UUID) -> bytes:
    permit(account_id)
    known = _secrets.get((account_id, key_id))
    if known is not None:
        return known
    if _away.get("away"):
        raise Unavailable("a moment ago")
    try:
        whole = wrapping.unwrap(keystore.store().get(f"{account_id}/{key_id}"), account_id)
    except Unavailable:
        _away.put("away", True)
        raise
    if whole[:16] != key_id.bytes or len(whole) != 48:
        raise Unreadable("another key")
    secret = whole[16:]
    _secrets.put((account_id, key_id), secret)
    return secret
