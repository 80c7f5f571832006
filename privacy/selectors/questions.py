"""Questions as the member sees them. One access function per object: a stranger gets 404."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet
from django.http import Http404

from privacy import people
from privacy.models import SupportMessage, SupportQuestion
from webanizr.core import tenancy


@dataclass(frozen=True)
class Line:
    """One message with its author's name; `ours`: written by somebody who works at Webanizr."""

    message: SupportMessage
    author: str
    ours: bool


def questions() -> QuerySet[SupportQuestion]:
    """Return the current account's questions, the latest first."""
    return SupportQuestion.objects.filter(account_id=tenancy.current_account_id()).order_by("-last_message_at")


def access_question(question_id: uuid.UUID) -> SupportQuestion:
    """Return a question of the current account; raises Http404."""
    found = questions().filter(id=question_id).first()
    if found is None:
        raise Http404
    return found


def conversation(question: SupportQuestion) -> list[Line]:
    """Return the question's messages, oldest first: in two queries. Notes show in the staff service only."""
    rows: Sequence[SupportMessage] = list(
        SupportMessage.objects.filter(account_id=question.account_id, question_id=question.id).order_by("created_at")
    )
    names = people.names([row.member_id or row.staff_id for row in rows])
    return [Line(row, names.get(row.member_id or row.staff_id or uuid.UUID(int=0), ""), row.by_staff) for row in rows]
