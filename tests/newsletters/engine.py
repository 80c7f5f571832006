"""What people do and the worker does, for tests that talk to a platform."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.conf import settings
from django.test import override_settings
from django.utils import timezone

from newsletters.connectors import platform
from newsletters.models import Contact, SyncState
from newsletters.services import erasure, subscribe, sync
from newsletters.tokens import Purpose, make
from tests.conftest import _as_role
from tests.fakes.server import Fake
from tests.newsletters.conftest import Letters
from webanizr.core import ratelimit

State = SyncState.State
KEPT = ("PLATFORM", "BASE_URL", "API_KEY", "LIST", "WEBHOOK_SECRET")


@contextmanager
def app() -> Iterator[None]:
    """Do what a person does in the browser, as the app's login, with the platform that is configured now."""
    kept = {f"MAILING_{name}": getattr(settings, f"MAILING_{name}") for name in KEPT}
    with _as_role("app"), override_settings(**kept):
        yield


def subscribed(letters: Letters, address: str, *topics: str) -> uuid.UUID:
    """Subscribe and confirm; return the contact's id. What the platform hears of it is up to the test."""
    now = timezone.now()
    with app():
        subscribe.subscribe(address=address, topics=topics or ["tips"], language="nl", source="page", now=now)
        subscribe.confirm(token=letters.link("confirm", address).split("/")[-2], now=timezone.now())
    return Contact.objects.get(address=address).id


def unsubscribed(contact_id: uuid.UUID) -> None:
    with app():
        subscribe.unsubscribe(contact_id=contact_id, source="mail", now=timezone.now())


def state_of(contact_id: uuid.UUID) -> SyncState:
    return SyncState.objects.get(contact_id=contact_id, provider=platform().key)


def due_now() -> None:
    """Let the waiting time pass, ours and what the platform asked for."""
    ratelimit.connection().flushdb()
    SyncState.objects.filter(state__in=[State.PENDING, State.PENDING_ERASE]).update(
        due_at=timezone.now() - timedelta(seconds=1)
    )


def drain() -> None:
    due_now()
    sync.drain()


def erase(contact_id: uuid.UUID) -> None:
    with app():
        erasure.erase(token=make(Purpose.ERASE, contact_id), now=timezone.now())


def everyone(fake: Fake) -> set[str]:
    """Return the addresses that the platform would mail."""
    found, cursor = set(), ""
    while True:
        page = platform().contacts(cursor)
        found |= {each.email for each in page.contacts if not each.unsubscribed}
        cursor = page.cursor
        if not cursor:
            return found
