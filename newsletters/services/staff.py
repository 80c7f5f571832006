"""What staff may do about the newsletter, by number and never by address."""

from __future__ import annotations

from datetime import datetime

from django.db import connection

from newsletters.addresses import key_of
from newsletters.models import Reconcile, SyncState


def try_again(*, now: datetime) -> int:
    """Let everybody whom the platform refused be tried again within a minute; return how many."""
    return SyncState.objects.filter(state=SyncState.State.ERROR).update(
        state=SyncState.State.PENDING, attempts=0, due_at=now, error=""
    )


def release(*, now: datetime) -> int:
    """Say that the strangers of a held comparison may go, and the missing may come; return how many were held."""
    return Reconcile.objects.filter(state=Reconcile.State.HELD, released_at=None).update(released_at=now)


def mail_erase_link(*, address: str) -> None:
    """Have the link with which somebody erases themselves mailed to their address, if it is a subscriber's.

    Staff can't tell which it is. Args: address: normalised; only its keyed hash is stored.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT newsletter_mail_erase_link(%s)", [key_of(address)])
