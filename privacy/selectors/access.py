"""The console's overview of access: what was asked, what is allowed and which look-ins are open, over all accounts."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.apps import apps
from django.http import Http404
from django.utils import timezone

from privacy import people
from privacy.models import AccessGrant, AccessRequest, AccessSession
from privacy.selectors import consent
from webanizr.core import tenancy

DAYS = 30
MOST = 100


@dataclass(frozen=True)
class Looked:
    """A look-in that is open, with the names that go with it; `own`: of the person who asks."""

    session: AccessSession
    account: str
    staff: str
    own: bool


@dataclass(frozen=True)
class Asked:
    """A request with the names that go with it."""

    request: AccessRequest
    account: str
    staff: str


def _accounts(ids: set[uuid.UUID]) -> dict[uuid.UUID, str]:
    rows = apps.get_model("accounts.Account")._default_manager.filter(pk__in=ids)
    return dict(rows.values_list("pk", "name"))


def open_sessions(*, actor: people.Person, now: datetime | None = None) -> list[Looked]:
    """Return every look-in that is open now, whoever opened it, the one that ends first in front. Staff service."""
    moment = now or timezone.now()
    rows: Sequence[AccessSession] = list(
        AccessSession.objects.filter(closed_at=None, expires_at__gt=moment, grant__revoked_at=None)
        .select_related("grant", "grant__question")
        .order_by("expires_at")[:MOST]
    )
    accounts = _accounts({row.account_id for row in rows})
    names = people.names(row.staff_id for row in rows)
    return [
        Looked(row, accounts.get(row.account_id, ""), names.get(row.staff_id, ""), row.staff_id == actor.pk)
        for row in rows
    ]


def requests(*, now: datetime | None = None) -> list[Asked]:
    """Return the requests of the last DAYS days, the latest first. Staff service."""
    since = (now or timezone.now()) - timedelta(days=DAYS)
    rows = list(
        AccessRequest.objects.filter(created_at__gt=since).select_related("question").order_by("-created_at")[:MOST]
    )
    accounts = _accounts({row.account_id for row in rows})
    names = people.names(row.staff_id for row in rows)
    return [Asked(row, accounts.get(row.account_id, ""), names.get(row.staff_id, "")) for row in rows]


def access_request(request_id: uuid.UUID, *, actor: people.Person) -> AccessRequest:
    """Return one of the person's own requests; raises Http404. Staff service."""
    found = AccessRequest.objects.filter(id=request_id, staff_id=actor.pk).select_related("question").first()
    if found is None:
        raise Http404
    return found


def access_grant(grant_id: uuid.UUID, *, actor: people.Person) -> consent.Given:
    """Return consent that the person may use, with its words; raises Http404. Staff service."""
    row = AccessGrant.objects.filter(id=grant_id).select_related("question").first()
    if row is None or row.staff_id not in (None, actor.pk):
        raise Http404
    with tenancy.tenant(row.account_id, user_id=actor.pk):
        (given,) = consent.givens(AccessGrant.objects.filter(account_id=row.account_id, id=row.id))
    return given
