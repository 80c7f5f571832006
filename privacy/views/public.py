"""Pages for everybody, without signing in: the privacy statement with its versions, and the proof of each promise."""

from __future__ import annotations

import difflib
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from privacy.models import StatementVersion
from privacy.selectors import agreement
from privacy.selectors.proof import proof as proof_rows
from privacy.selectors.statement import latest
from privacy.statement import content
from privacy.statement.tables import recipient_rows
from privacy.subprocessors import NOTICE_DAYS
from webanizr.core.permissions import requires


def language() -> str:
    """Return the statement's language for this reader."""
    return "nl" if (get_language() or "nl").startswith("nl") else "en-gb"


@requires("public")
@require_safe
def statement(request: HttpRequest) -> HttpResponse:
    """The statement as it holds now."""
    context = {"sections": content.sections(language()), "version": latest(), "nav": "statement"}
    return render(request, "privacy/statement.html", context)


@requires("public")
@require_safe
def versions(request: HttpRequest) -> HttpResponse:
    """Every version, with what changed in it."""
    chosen = language()
    rows: list[dict[str, Any]] = []
    before: list[str] | None = None
    for version in StatementVersion.objects.order_by("number"):
        lines = content.lines(version.content[chosen])
        rows.append({"version": version, "changes": changes(before, lines) if before is not None else None})
        before = lines
    return render(request, "privacy/versions.html", {"rows": rows[::-1], "nav": "statement"})


def changes(before: list[str], after: list[str]) -> list[tuple[str, str]]:
    """Return ("added" or "removed", line) for each difference, in the order of the text."""
    kinds = {"+": "added", "-": "removed"}
    return [(kinds[line[0]], line[2:]) for line in difflib.ndiff(before, after) if line[0] in kinds]


@requires("public")
@require_safe
def version(request: HttpRequest, number: int) -> HttpResponse:
    """One version as it was."""
    found = StatementVersion.objects.filter(number=number).first()
    if found is None:
        raise Http404
    context = {"sections": found.content[language()], "version": found, "nav": "statement"}
    context["old"] = StatementVersion.objects.filter(number__gt=number).exists()
    return render(request, "privacy/statement.html", context)


@requires("public")
@require_safe
def processors(request: HttpRequest) -> HttpResponse:
    """Who outside gets what, and what is going to change."""
    today = timezone.localdate()
    announced = list(agreement.changes()[:50])
    context = {
        "recipients": recipient_rows(),
        "coming": [row for row in announced if row.effective_on > today],
        "past": [row for row in announced if row.effective_on <= today],
        "dutch": language() == "nl",
        "days": NOTICE_DAYS,
        "nav": "processors",
    }
    return render(request, "privacy/processors.html", context)


@requires("public")
@require_safe
def proof(request: HttpRequest) -> HttpResponse:
    """Each promise with what makes it true and what the running system says."""
    rows = proof_rows(timezone.now())
    context = {
        "rows": rows,
        "true": sum(row.state == "ok" for row in rows),
        "attention": sum(row.state == "attention" for row in rows),
        "notyet": sum(row.state == "notyet" for row in rows),
        "at": max((row.at for row in rows if row.at), default=None),
        "nav": "proof",
    }
    return render(request, "privacy/proof.html", context)
