"""What is asked and what is allowed, as the customer sees it: in words, with who, what, why and until when."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from privacy import people, wording
from privacy.models import (
    AccessGrant,
    AccessLog,
    AccessRequest,
    AccessSession,
    Action,
    ConsentSetting,
    Event,
    RequestState,
    Source,
    SupportQuestion,
)
from privacy.scope import Scope, describe_all
from webanizr.core import tenancy


@dataclass(frozen=True)
class Ask:
    """A request: `what` names the form, `actions` says reading, changing, exporting; the reason is word for word."""

    request: AccessRequest
    question: SupportQuestion
    staff: str
    what: str
    actions: str
    wording: str = ""

    @property
    def pending(self) -> bool:
        """Whether it can still be answered."""
        return self.request.state == RequestState.PENDING and self.request.expires_at > timezone.now()


@dataclass(frozen=True)
class Given:
    """Consent: who may use it for what, who gave it, its wording; `sessions`: look-ins that are open now."""

    grant: AccessGrant
    question: SupportQuestion | None
    staff: str
    by: str
    what: str
    actions: str
    wording: str = ""
    sessions: Sequence[AccessSession] = field(default_factory=list)

    @property
    def live(self) -> bool:
        """Whether it can be used now: not while its question is closed."""
        closed = self.question is not None and self.question.closed_at is not None
        return self.grant.revoked_at is None and self.grant.expires_at > timezone.now() and not closed

    @property
    def implied(self) -> bool:
        """Whether it comes from the customer's own question."""
        return self.grant.source == Source.QUESTION


@dataclass(frozen=True)
class Glance:
    """What Webanizr did in the last days, in numbers."""

    days: int
    sessions: int
    submissions: int
    minutes: int


def action_words(actions: Iterable[str]) -> str:
    """Return e.g. "Read only" or "Read and export"."""
    chosen = [each for each in Action.values if each in set(actions)]
    return {
        ("view",): _("Read only"),
        ("view", "change"): _("Read and change"),
        ("view", "export"): _("Read and export"),
        ("view", "change", "export"): _("Read, change and export"),
    }[tuple(chosen)]


def _scope(row: AccessRequest | AccessGrant) -> Scope:
    return Scope(row.site_id, row.form_id, row.submission_id)


def asks(rows: QuerySet[AccessRequest]) -> list[Ask]:
    """Return requests with their words, in a fixed number of queries. All of one account, the current one."""
    found = list(rows.select_related("question"))
    names = people.names(row.staff_id for row in found)
    scopes = describe_all(tenancy.current_account_id(), found)
    return [
        Ask(
            row,
            row.question,
            names.get(row.staff_id, "Webanizr"),
            scopes[_scope(row)],
            action_words(row.actions),
            wording.text(wording.EXPLICIT),
        )
        for row in found
    ]


def givens(rows: QuerySet[AccessGrant], *, now: datetime | None = None) -> list[Given]:
    """Return grants with their words and open sessions, in a fixed number of queries. All of the current account."""
    found = list(rows.select_related("question"))
    names = people.names(each for row in found for each in (row.staff_id, row.granted_by))
    scopes = describe_all(tenancy.current_account_id(), found)
    sessions = AccessSession.objects.filter(
        account_id=tenancy.current_account_id(),
        grant_id__in=[row.id for row in found],
        closed_at=None,
        expires_at__gt=now or timezone.now(),
    )
    opened: dict[uuid.UUID, list[AccessSession]] = {}
    for session in sessions:
        opened.setdefault(session.grant_id, []).append(session)
    return [
        Given(
            row,
            row.question,
            names.get(row.staff_id, "Webanizr") if row.staff_id else "Webanizr",
            names.get(row.granted_by, ""),
            scopes[_scope(row)],
            action_words(row.actions),
            wording.text(row.wording),
            opened.get(row.id, []),
        )
        for row in found
    ]


def _requests() -> QuerySet[AccessRequest]:
    return AccessRequest.objects.filter(account_id=tenancy.current_account_id()).order_by("-created_at")


def _grants() -> QuerySet[AccessGrant]:
    return AccessGrant.objects.filter(account_id=tenancy.current_account_id()).order_by("-granted_at")


def open_requests(*, now: datetime | None = None) -> list[Ask]:
    """Return the current account's requests that wait for an answer."""
    moment = now or timezone.now()
    return asks(_requests().filter(state=RequestState.PENDING, expires_at__gt=moment, question__closed_at__isnull=True))


def live_grants(*, now: datetime | None = None) -> list[Given]:
    """Return the current account's consent that can be used now."""
    moment = now or timezone.now()
    rows = _grants().filter(revoked_at=None, expires_at__gt=moment)
    return givens(rows.exclude(question__closed_at__isnull=False))


def past_grants(*, now: datetime | None = None, most: int = 50) -> list[Given]:
    """Return the current account's consent that has ended, the latest first."""
    return givens(_grants().exclude(revoked_at=None, expires_at__gt=now or timezone.now())[:most])


def access_request(request_id: uuid.UUID) -> AccessRequest:
    """Return a request of the current account; raises Http404."""
    found = _requests().select_related("question").filter(id=request_id).first()
    if found is None:
        raise Http404
    return found


def access_grant(grant_id: uuid.UUID) -> AccessGrant:
    """Return a grant of the current account; raises Http404."""
    found = _grants().select_related("question").filter(id=grant_id).first()
    if found is None:
        raise Http404
    return found


def of_question(question: SupportQuestion) -> tuple[list[Ask], list[Given]]:
    """Return a question's requests and grants, for its page; in the question's account."""
    return asks(_requests().filter(question_id=question.id)), givens(_grants().filter(question_id=question.id))


def never_implied() -> bool:
    """Whether the current account wants to be asked first, always."""
    return ConsentSetting.objects.filter(account_id=tenancy.current_account_id(), never_implied=True).exists()


def may_decide(actor: people.Person) -> bool:
    """Whether the person may consent for the current account."""
    return people.may_consent(tenancy.current_account_id(), actor.pk)


def waiting_count(*, now: datetime | None = None) -> int:
    """Return how many requests wait for the current account: the number in the menu."""
    return _requests().filter(state=RequestState.PENDING, expires_at__gt=now or timezone.now()).count()


def glance(*, days: int = 30, now: datetime | None = None) -> Glance:
    """Return how often and how long Webanizr looked in the last days."""
    since = (now or timezone.now()) - timedelta(days=days)
    account_id = tenancy.current_account_id()
    sessions = list(
        AccessSession.objects.filter(account_id=account_id, opened_at__gte=since).values_list(
            "opened_at", "closed_at", "expires_at"
        )
    )
    seconds = sum(((closed or ends) - opened).total_seconds() for opened, closed, ends in sessions)
    viewed = AccessLog.objects.filter(Q(account_id=account_id, event=Event.VIEWED, at__gte=since))
    return Glance(days, len(sessions), viewed.count(), round(seconds / 60))
