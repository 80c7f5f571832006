"""The gate from the inside: which session this block of work runs in, and what it shows at this moment (promise 10)."""

from __future__ import annotations

import uuid
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from privacy.models import Action


@dataclass(frozen=True)
class LiveScope:
    """What the open session shows, as the database says it at this moment."""

    account_id: uuid.UUID
    site_id: uuid.UUID
    form_id: uuid.UUID | None
    submission_id: uuid.UUID | None
    session_id: uuid.UUID
    grant_id: uuid.UUID
    question_id: uuid.UUID | None
    staff_id: uuid.UUID
    ends: datetime


current: ContextVar[LiveScope | None] = ContextVar("webanizr_access_scope", default=None)


def live_scope(action: str = Action.VIEW) -> LiveScope | None:
    """Ask the database what the session of this block shows now; None when it has ended."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM access_scope(%s)", [str(action)])
        row = cursor.fetchone()
    return LiveScope(*row) if row else None


def may_open(account_id: uuid.UUID, session_id: uuid.UUID) -> bool:
    """Whether staff may turn the account's stored answers into words now: what the vault asks at every opening.

    True only while the database says so: an open session, committed, not withdrawn, of this person.
    """
    now = live_scope(Action.VIEW)
    return now is not None and (now.account_id, now.session_id) == (account_id, session_id)
