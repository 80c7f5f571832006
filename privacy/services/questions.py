"""Questions that members ask Webanizr, and the answers. Members act in their account, staff name the account."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from privacy import scope
from privacy.models import SupportMessage, SupportQuestion
from privacy.people import Person
from privacy.services.refusals import in_words, refusal
from webanizr.core import outbox, tenancy

BODY_MAX = 5000  # characters


def ask_question(
    *,
    actor: Person,
    subject: str,
    body: str,
    site_id: uuid.UUID | None = None,
    form_id: uuid.UUID | None = None,
    submission_id: uuid.UUID | None = None,
    implied_refused: bool = False,
) -> SupportQuestion:
    """Store a question of the current account and its first message.

    Args: subject: at most 120 characters; body: at most BODY_MAX; site_id, form_id, submission_id: what it is about;
    implied_refused: "always ask me first", for this question. Raises ConsentError when what it is about isn't theirs.
    """
    account_id = tenancy.current_account_id()
    if site_id is not None:
        try:
            about = scope.resolve(account_id, site_id=site_id, form_id=form_id, submission_id=submission_id)
        except scope.Unknown as error:
            raise refusal("unknown") from error
        form_id, submission_id = about.form_id, about.submission_id
    with transaction.atomic():
        question = SupportQuestion(
            subject=subject.strip(),
            asked_by=actor.pk,
            site_id=site_id,
            form_id=form_id if site_id else None,
            submission_id=submission_id if site_id else None,
            implied_refused=implied_refused,
        )
        question.save(force_insert=True)
        _add(question, body, member_id=actor.pk)
    return question


def reply(
    *, question: SupportQuestion, body: str, actor: Person, implied_refused: bool | None = None
) -> SupportMessage:
    """Add a member's message; a closed question is open again.

    Args: implied_refused: the tick box beside the button, where it was shown.
    """
    with transaction.atomic():
        changes: dict[str, object] = {}
        if question.closed_at is not None:
            changes |= {"closed_at": None, "closed_by": None}
        if implied_refused is not None and implied_refused != question.implied_refused:
            changes["implied_refused"] = implied_refused
        _change(question, changes)
        return _add(question, body, member_id=actor.pk)


def refuse_implied(*, question: SupportQuestion, refused: bool, actor: Person) -> SupportQuestion:
    """Say, for one question, that Webanizr must always ask first; or take that back."""
    return _change(question, {"implied_refused": refused})


def close_question(*, question: SupportQuestion, actor: Person, now: datetime | None = None) -> SupportQuestion:
    """Close a question, as a member. Open requests for it end: they can't be answered any more."""
    return _change(question, {"closed_at": now or timezone.now(), "closed_by": actor.pk})


def answer_question(*, question: SupportQuestion, body: str, actor: Person) -> SupportMessage:
    """Add staff's answer; the asker is told by mail (a trigger queues it). Staff service."""
    with tenancy.tenant(question.account_id, user_id=actor.pk):
        if question.closed_at is not None:
            raise refusal("closed")
        return _add(question, body, staff_id=actor.pk)


def add_note(*, question: SupportQuestion, body: str, actor: Person) -> SupportMessage:
    """Add a note that only staff see. Staff service."""
    with tenancy.tenant(question.account_id, user_id=actor.pk):
        return _add(question, body, staff_id=actor.pk, internal=True)


def close_question_as_staff(
    *, question: SupportQuestion, actor: Person, now: datetime | None = None
) -> SupportQuestion:
    """Close an answered question. Staff service."""
    with tenancy.tenant(question.account_id, user_id=actor.pk):
        return _change(question, {"closed_at": now or timezone.now(), "closed_by": actor.pk})


def _change(question: SupportQuestion, changes: dict[str, object]) -> SupportQuestion:
    for name, value in changes.items():
        setattr(question, name, value)
    if changes:
        question.save(update_fields=list(changes))
    return question


def _add(
    question: SupportQuestion,
    body: str,
    *,
    member_id: uuid.UUID | None = None,
    staff_id: uuid.UUID | None = None,
    internal: bool = False,
) -> SupportMessage:
    message = SupportMessage(
        account_id=question.account_id,
        question=question,
        by_staff=staff_id is not None,
        member_id=member_id,
        staff_id=staff_id,
        body=body.replace("\r\n", "\n").strip()[:BODY_MAX],
        internal=internal,
    )
    with in_words():
        message.save(force_insert=True)
    transaction.on_commit(outbox.nudge, robust=True)
    return message
