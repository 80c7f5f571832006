"""What the staff service's console shows: questions over all accounts, and what a customer's sentences allow."""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.db import connection
from django.db.models import F, QuerySet
from django.http import Http404
from django.utils import timezone

from privacy import people
from privacy.gate import LiveScope
from privacy.models import AccessSession, ConsentSetting, SupportMessage, SupportQuestion
from privacy.scope import FormCount, forms_of
from privacy.selectors import consent
from privacy.selectors.questions import Line, conversation
from webanizr.core import tenancy

QUOTE_MIN = 15  # characters
QUOTE_DAYS = 30
SENTENCE = re.compile(r"[^.!?\n]+(?:[.!?]+|\n|$)")


@dataclass(frozen=True)
class Queued:
    """A question of the queue, with its account's and its asker's names."""

    question: SupportQuestion
    account: str
    asker: str


@dataclass(frozen=True)
class Sentence:
    """A sentence of a customer's message; `usable`: long enough to be quoted."""

    text: str
    usable: bool


@dataclass(frozen=True)
class InScope:
    """A submission that the session covers: when it came in and whether it was looked at. No content."""

    id: uuid.UUID
    site_id: uuid.UUID
    form_id: uuid.UUID
    received_at: datetime
    quarantined: bool
    viewed: bool


@dataclass(frozen=True)
class StaffQuestion:
    """All that a question's page in the console shows."""

    question: SupportQuestion
    account: str
    lines: Sequence[Line]
    asks: Sequence[consent.Ask]
    givens: Sequence[consent.Given]
    forms: Sequence[FormCount]
    ask_first: bool
    asker_may_consent: bool

    @property
    def live(self) -> list[consent.Given]:
        """Return the consent that can be used now."""
        return [each for each in self.givens if each.live]


def question_queue(*, closed: bool = False) -> QuerySet[SupportQuestion]:
    """Return every account's questions: those that wait for us first, the oldest first; or the closed ones."""
    rows = SupportQuestion.objects.filter(closed_at__isnull=not closed)
    return rows.order_by("-closed_at") if closed else rows.order_by(F("waits_for_staff").desc(), "last_message_at")


def queued(rows: QuerySet[SupportQuestion]) -> list[Queued]:
    """Return questions with the names that go with them, in three queries."""
    found = list(rows)
    names = people.names(row.asked_by for row in found)
    accounts = apps.get_model("accounts.Account")._default_manager
    businesses: dict[uuid.UUID, str] = dict(
        accounts.filter(pk__in={row.account_id for row in found}).values_list("pk", "name")
    )
    return [Queued(row, businesses.get(row.account_id, ""), names.get(row.asked_by, "")) for row in found]


def waiting_count() -> int:
    """Return how many questions wait for us: the number in the menu."""
    return SupportQuestion.objects.filter(closed_at=None, waits_for_staff=True).count()


def access_question(number: int) -> SupportQuestion:
    """Return a question by its number; raises Http404. Staff service."""
    found = SupportQuestion.objects.filter(number=number).first()
    if found is None:
        raise Http404
    return found


def question_page(question: SupportQuestion, *, actor: people.Person) -> StaffQuestion:
    """Return what the question's page shows, in a fixed number of queries. Staff service."""
    with tenancy.tenant(question.account_id, user_id=actor.pk):
        asks, givens = consent.of_question(question)
        return StaffQuestion(
            question=question,
            account=people.account_name(question.account_id),
            lines=conversation(question),
            asks=asks,
            givens=givens,
            forms=forms_of(question.account_id),
            ask_first=question.implied_refused
            or ConsentSetting.objects.filter(account_id=question.account_id, never_implied=True).exists(),
            asker_may_consent=people.may_consent(question.account_id, question.asked_by),
        )


def access_message(question: SupportQuestion, message_id: uuid.UUID) -> SupportMessage:
    """Return a message of the question; raises Http404. Staff service."""
    found = SupportMessage.objects.filter(
        account_id=question.account_id, question_id=question.id, id=message_id
    ).first()
    if found is None:
        raise Http404
    return found


def sentences(message: SupportMessage, *, now: datetime | None = None) -> list[Sentence]:
    """Split a customer's message into sentences that occur in it literally, so that each can be quoted."""
    recent = message.created_at > (now or timezone.now()) - timedelta(days=QUOTE_DAYS)
    usable = recent and message.member_id is not None
    parts = (hit[0].strip() for hit in SENTENCE.finditer(message.body))
    return [Sentence(part, usable and len(part) >= QUOTE_MIN) for part in parts if part]


def open_sessions_of(actor: people.Person, *, now: datetime | None = None) -> list[AccessSession]:
    """Return the person's own sessions that are open now, the one that ends first in front. Staff service."""
    return list(
        AccessSession.objects.filter(staff_id=actor.pk, closed_at=None, expires_at__gt=now or timezone.now())
        .filter(grant__revoked_at=None)
        .exclude(grant__question__closed_at__isnull=False)
        .select_related("grant", "grant__question")
        .order_by("expires_at")
    )


def access_session(session_id: uuid.UUID, *, actor: people.Person) -> AccessSession:
    """Return one of the person's own sessions, open or not; raises Http404. Staff service."""
    found = (
        AccessSession.objects.filter(id=session_id, staff_id=actor.pk)
        .select_related("grant", "grant__question")
        .first()
    )
    if found is None:
        raise Http404
    return found


def submissions_in_scope(
    scope: LiveScope, *, after: tuple[datetime, uuid.UUID] | None = None, size: int = 50
) -> list[InScope]:
    """Return what the open session covers, the newest first; call it inside `open_scope`.

    Args: after: moment and id of the last one of the page before.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, site_id, form_id, received_at, quarantined, viewed FROM scope_submissions(%s, %s, %s)",
            [*(after or (None, None)), size],
        )
        return [InScope(*row) for row in cursor.fetchall()]


@dataclass(frozen=True)
class Place:
    """Where a submission stands in its look-in, 1 the newest; the ids beside it; how many there are, and were seen."""

    newer: uuid.UUID | None
    older: uuid.UUID | None
    place: int
    total: int
    seen: int


def place_in_scope(scope: LiveScope, submission_id: uuid.UUID | None = None) -> Place:
    """Return how much the open session covers, and a submission's place in it; call it inside `open_scope`."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT newer, older, place, total, seen FROM scope_place(%s)", [submission_id])
        return Place(*cursor.fetchone())


def file_in_scope(scope: LiveScope, submission_id: uuid.UUID, file_id: uuid.UUID) -> Any:
    """Return the row of a file that was ordered by `record_file_view`; raises Http404. Inside `open_scope`."""
    rows = apps.get_model("sites.Upload")._default_manager
    found = (
        rows.select_related("intake_key")
        .filter(account_id=scope.account_id, submission_id=submission_id, id=file_id)
        .first()
    )
    if found is None:
        raise Http404
    return found


def row_in_scope(scope: LiveScope, submission_id: uuid.UUID) -> Any:
    """Return a submission that was ordered by `record_view`; raises Http404 when it doesn't show. Inside `open_scope`.

    Opening its content is `sites.selectors.inbox.open_message`'s work.
    """
    rows = apps.get_model("sites.Submission")._default_manager
    found = rows.select_related("intake_key").filter(account_id=scope.account_id, id=submission_id).first()
    if found is None:
        raise Http404
    return found


@dataclass(frozen=True)
class Exported:
    """An export that was ordered in the open session."""

    id: uuid.UUID
    state: str
    done: int
    total: int
    result_key: str


def exports_in_scope(scope: LiveScope) -> list[Exported]:
    """Return the exports that were ordered in the open session; call it inside `open_scope(..., action="export")`."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, state, done, total, result_key FROM access_exports()")
        return [Exported(*row) for row in cursor.fetchall()]
