"""Bank statements that were read in, and what became of each of their lines: for the billing team."""

from __future__ import annotations

import uuid

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from billing import purpose
from billing.models import BankLine, BankStatement
from billing.services.statements import counts_of, lines_of
from billing.views.desk import desk_page
from billing.views.page import person
from billing.words import line_state

SHOWN = 50
LINES = 100


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


@desk_page
@require_GET
def statements(request: HttpRequest) -> HttpResponse:
    """List what was read in, newest first."""
    page = _number(request.GET.get("page", ""))
    with purpose.desk(person(request).pk):
        rows = list(BankStatement.objects.order_by("-imported_at")[page * SHOWN : page * SHOWN + SHOWN + 1])
    context = {
        "rows": rows[:SHOWN],
        "older": page + 1 if len(rows) > SHOWN else None,
        "newer": page - 1 if page else None,
        "nav": "statements",
    }
    return render(request, "desk/statements.html", context)


@desk_page
@require_GET
def statement(request: HttpRequest, statement_id: uuid.UUID) -> HttpResponse:
    """Show one with its lines, of one state if asked."""
    state = request.GET.get("state", "")
    if state and state not in BankLine.State.values:
        raise Http404
    with purpose.desk(person(request).pk):
        found = BankStatement.objects.filter(id=statement_id).first()
        if found is None:
            raise Http404
        counts = counts_of(found)
        rows = lines_of(found, state=state, after=_number(request.GET.get("after", "")), size=LINES + 1)
    context = {
        "statement": found,
        "rows": rows[:LINES],
        "after": rows[LINES - 1].line.position if len(rows) > LINES else None,
        "state": state,
        "states": [(one, line_state(one), counts[one]) for one in BankLine.State.values if one in counts],
        "total": sum(counts.values()),
        "nav": "statements",
    }
    return render(request, "desk/statement.html", context)
