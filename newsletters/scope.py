"""Which contact a request is about: the `app` login sees that one and no other, as it sees one account at a time.

The database compares `webanizr.contact_id` (migration 0002). Who gives an address or a token opens one contact.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from newsletters.addresses import key_of


def find(address: str) -> uuid.UUID | None:
    """Return the id of the contact with this address, if there is one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT newsletter_contact_id(%s)", [key_of(address)])
        found: uuid.UUID | None = cursor.fetchone()[0]
    return found


def current() -> str:
    """Return the contact of the open transaction as text, "" without one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(current_setting('webanizr.contact_id', true), '')")
        found: str = cursor.fetchone()[0]
    return found


def _set(contact_id: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('webanizr.contact_id', %s, true)", [contact_id])


@contextmanager
def of_address(address: str) -> Iterator[bool]:
    """Open the contact with this address, if there is one; yield whether there is."""
    with transaction.atomic():
        contact_id = find(address)
        if contact_id is None:
            yield False
            return
        with contact(contact_id):
            yield True


@contextmanager
def contact(contact_id: uuid.UUID) -> Iterator[None]:
    """Open a transaction (or a savepoint in the open one) in which the app's login sees this contact only."""
    with transaction.atomic():
        before = current()
        _set(str(contact_id))
        yield
        _set(before)
