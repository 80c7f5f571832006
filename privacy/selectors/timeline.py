"""Who looked ("Wie heeft er meegekeken?"): every line of the log in words that anybody understands."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from privacy import people
from privacy.models import AccessGrant, AccessLog, AccessRequest, AccessSession, Event, SupportQuestion
from privacy.models.log import By
from privacy.scope import Scope, describe_all
from privacy.selectors.consent import action_words
from webanizr.core import tenancy

PAGE = 50
# What the page's filter offers: the code in the address -> the events it shows.
FILTERS: dict[str, tuple[str, ...]] = {
    "": (),
    "looked": (Event.OPENED, Event.VIEWED, Event.FILE_VIEWED, Event.CHANGED, Event.EXPORTED, Event.CLOSED),
    "asked": (Event.REQUESTED, Event.WITHDRAWN, Event.REFUSED, Event.UNANSWERED),
    "consent": (Event.GRANTED, Event.IMPLIED, Event.REVOKED, Event.EXPIRED, Event.NEVER_IMPLIED, Event.MAY_IMPLY),
}


@dataclass(frozen=True)
class Entry:
    """One thing that happened: a sentence, what it was about, and whether Webanizr's people did it (violet)."""

    line: AccessLog
    at: datetime
    text: str
    detail: str
    staff: bool
    question: SupportQuestion | None


@dataclass(frozen=True)
class Timeline:
    """A page of entries, the latest first; `older`: where the next page begins, 0 at the end."""

    entries: Sequence[Entry]
    older: int


@dataclass(frozen=True)
class _Context:
    names: dict[uuid.UUID, str]
    scopes: dict[Scope, str]
    questions: dict[uuid.UUID, SupportQuestion]
    requests: dict[uuid.UUID, AccessRequest]
    grants: dict[uuid.UUID, AccessGrant]
    sessions: dict[uuid.UUID, AccessSession]


def timeline(
    *, shown: str = "", question: SupportQuestion | None = None, before: int = 0, size: int = PAGE
) -> Timeline:
    """Return what happened in the current account, in a fixed number of queries.

    Args: shown: a key of FILTERS; question: only what belongs to it; before: the number of a line, exclusive. Raises
    Http404 for an unknown filter.
    """
    if shown not in FILTERS:
        raise Http404
    account_id = tenancy.current_account_id()
    rows = AccessLog.objects.filter(account_id=account_id).order_by("-seq")
    if FILTERS[shown]:
        rows = rows.filter(event__in=FILTERS[shown])
    if question is not None:
        rows = rows.filter(question_id=question.id)
    if before:
        rows = rows.filter(seq__lt=before)
    found = list(rows[: size + 1])
    more, found = len(found) > size, found[:size]
    return Timeline(entries(found), found[-1].seq if more else 0)


def entries(found: Sequence[AccessLog]) -> list[Entry]:
    """Return lines of the current account in words."""
    context = _context(found)
    return [
        Entry(
            line,
            line.at,
            sentence(line, context.names),
            _detail(line, context),
            line.by == By.STAFF,
            context.questions.get(line.question_id) if line.question_id else None,
        )
        for line in found
    ]


def _context(found: Sequence[AccessLog]) -> _Context:
    account_id = tenancy.current_account_id()
    grants = AccessGrant.objects.filter(account_id=account_id).in_bulk(
        [line.grant_id for line in found if line.grant_id]
    )
    return _Context(
        names=people.names([*(line.actor_id for line in found), *(grant.granted_by for grant in grants.values())]),
        scopes=describe_all(account_id, found),
        questions=SupportQuestion.objects.filter(account_id=account_id).in_bulk(
            [line.question_id for line in found if line.question_id]
        ),
        requests=AccessRequest.objects.filter(account_id=account_id).in_bulk(
            [line.request_id for line in found if line.request_id]
        ),
        grants=grants,
        sessions=AccessSession.objects.filter(account_id=account_id).in_bulk(
            [line.session_id for line in found if line.session_id]
        ),
    )


def sentence(line: AccessLog, names: dict[uuid.UUID, str]) -> str:
    """Return what happened, with the name of who did it."""
    name = names.get(line.actor_id) if line.actor_id else None
    who = _("%(name)s (Webanizr)") % {"name": name} if line.by == By.STAFF and name else name or "Webanizr"
    number = line.number or 0
    return {
        Event.REQUESTED: _("%(who)s asked for permission to look"),
        Event.WITHDRAWN: _("%(who)s took the request back"),
        Event.REFUSED: _("%(who)s refused the request; nothing was read"),
        Event.UNANSWERED: _("The request was not answered within 72 hours, so it is refused"),
        Event.GRANTED: _("%(who)s gave permission to look"),
        Event.IMPLIED: _("%(who)s recorded that your question gives permission to look"),
        Event.REVOKED: _("%(who)s withdrew the permission"),
        Event.EXPIRED: _("The permission to look has ended"),
        Event.OPENED: _("%(who)s started looking"),
        Event.VIEWED: _("%(who)s read one submission"),
        Event.FILE_VIEWED: _("%(who)s opened file %(number)s of one submission"),
        Event.CHANGED: _("%(who)s changed one submission") if line.by == By.STAFF else _("%(who)s corrected a message"),
        Event.EXPORTED: ngettext(
            "%(who)s exported %(number)s submission", "%(who)s exported %(number)s submissions", number
        ),
        Event.CLOSED: _("%(who)s stopped looking") if line.by == By.STAFF else _("The look-in ended by itself"),
        Event.NEVER_IMPLIED: _("%(who)s chose that Webanizr always asks first"),
        Event.MAY_IMPLY: _("%(who)s chose that a question may give permission"),
    }[Event(line.event)] % {"who": who, "number": number}


def _detail(line: AccessLog, context: _Context) -> str:
    """Return what it was about: the form, what may be done, the words that were given."""
    parts: list[str] = []
    if line.site_id:
        parts.append(context.scopes[Scope(line.site_id, line.form_id, line.submission_id)])
    request = context.requests.get(line.request_id) if line.request_id else None
    grant = context.grants.get(line.grant_id) if line.grant_id else None
    session = context.sessions.get(line.session_id) if line.session_id else None
    if line.event == Event.REQUESTED and request is not None:
        parts += [action_words(request.actions), f"“{request.reason}”"]
    elif line.event in (Event.GRANTED, Event.IMPLIED) and grant is not None:
        parts.append(action_words(grant.actions))
        if grant.quote:
            parts.append(f"“{grant.quote}”")
    elif line.event == Event.OPENED and session is not None:
        parts.append(f"“{session.reason}”")
    elif line.event == Event.CLOSED and session is not None:
        minutes = max(1, round(((session.closed_at or session.expires_at) - session.opened_at).total_seconds() / 60))
        parts.append(ngettext("After %(n)s minute", "After %(n)s minutes", minutes) % {"n": minutes})
    return ". ".join(parts)
