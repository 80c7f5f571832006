"""Staff ask for access; an owner of the account allows or refuses (promise 11). Silence is no: after 72 hours."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from privacy import wording
from privacy.models import AccessGrant, AccessRequest, Action, RequestState, Source, SupportQuestion
from privacy.people import Person
from privacy.scope import Scope
from privacy.services.refusals import in_words, refusal
from webanizr.core import outbox, tenancy

HOURS = 24  # what is offered first
HOURS_MAX = 168
ANSWER_HOURS = 72


def request_access(
    *,
    question: SupportQuestion,
    scope: Scope,
    reason: str,
    actor: Person,
    actions: Collection[str] = (Action.VIEW,),
    hours: int = HOURS,
) -> AccessRequest:
    """Ask the customer, for one question; the owners are told by mail. Staff service.

    Args: scope: of the question's account; reason: 10 to 500 characters, which the customer reads word for word;
    actions: of view, change and export; who changes or exports also views; hours: 1 to HOURS_MAX.
    Raises ConsentError: the reason is too short, the question closed.
    """
    with tenancy.tenant(question.account_id, user_id=actor.pk):
        request = AccessRequest(
            account_id=question.account_id,
            question=question,
            staff_id=actor.pk,
            site_id=scope.site_id,
            form_id=scope.form_id,
            submission_id=scope.submission_id,
            actions=with_view(actions),
            hours=hours,
            reason=" ".join(reason.split())[:500],
            expires_at=timezone.now() + timedelta(hours=ANSWER_HOURS),  # the database's clock sets it
        )
        with in_words():
            request.save(force_insert=True)
        transaction.on_commit(outbox.nudge, robust=True)
    return request


def with_view(actions: Collection[str]) -> list[str]:
    """Return the actions in their fixed order, reading included; raises ConsentError for an unknown one."""
    if not set(actions) <= set(Action.values):
        raise refusal("unknown")
    return [each for each in Action.values if each in actions or each == Action.VIEW]


def withdraw_request(*, request: AccessRequest, actor: Person, now: datetime | None = None) -> None:
    """Take a request back that has no answer yet; raises ConsentError otherwise. Staff service."""
    with tenancy.tenant(request.account_id, user_id=actor.pk):
        _answer(request, state=RequestState.WITHDRAWN, answered_at=now or timezone.now())


def grant_request(
    *,
    request: AccessRequest,
    actor: Person,
    hours: int | None = None,
    actions: Collection[str] | None = None,
    now: datetime | None = None,
) -> AccessGrant:
    """Allow a request, as an owner: for as long and as much as was asked, or less.

    Args: hours: default what was asked; actions: default what was asked. Raises ConsentError: it was answered or
    withdrawn, its 72 hours are over, or the actor isn't an owner.
    """
    moment = now or timezone.now()
    wanted = with_view(request.actions if actions is None else actions)
    term = request.hours if hours is None else hours
    if not set(wanted) <= set(request.actions) or not 1 <= term <= request.hours:
        raise refusal("too_long" if term > request.hours else "unknown")
    with transaction.atomic():
        _answer(request, state=RequestState.GRANTED, answered_by=actor.pk, answered_at=moment)
        return _grant(
            AccessGrant(
                question_id=request.question_id,
                request=request,
                site_id=request.site_id,
                form_id=request.form_id,
                submission_id=request.submission_id,
                actions=wanted,
                staff_id=request.staff_id,
                granted_by=actor.pk,
                expires_at=moment + timedelta(hours=term),
            )
        )


def refuse_request(*, request: AccessRequest, actor: Person, now: datetime | None = None) -> None:
    """Refuse a request, as an owner; help goes on without. Raises ConsentError as `grant_request` does."""
    _answer(request, state=RequestState.REFUSED, answered_by=actor.pk, answered_at=now or timezone.now())


def grant_access(
    *,
    scope: Scope,
    actor: Person,
    question: SupportQuestion | None = None,
    actions: Collection[str] = (Action.VIEW,),
    hours: int = HOURS,
    now: datetime | None = None,
) -> AccessGrant:
    """Give access without having been asked, as an owner of the current account, for whoever answers the question.

    Raises ConsentError: longer than a week, or the actor isn't an owner.
    """
    return _grant(
        AccessGrant(
            question=question,
            site_id=scope.site_id,
            form_id=scope.form_id,
            submission_id=scope.submission_id,
            actions=with_view(actions),
            granted_by=actor.pk,
            expires_at=(now or timezone.now()) + timedelta(hours=hours),
        )
    )


def _grant(grant: AccessGrant) -> AccessGrant:
    grant.source = Source.EXPLICIT
    grant.wording = wording.EXPLICIT
    with in_words():
        grant.save(force_insert=True)
    transaction.on_commit(outbox.nudge, robust=True)
    return grant


def _answer(request: AccessRequest, **changes: object) -> None:
    rows = AccessRequest.objects.filter(
        account_id=request.account_id, id=request.id, state=RequestState.PENDING, expires_at__gt=timezone.now()
    )
    with in_words():
        if not rows.update(**changes):
            raise refusal("too_late")
    for name, value in changes.items():
        setattr(request, name, value)
