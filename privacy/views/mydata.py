"""My data: what we hold about who is signed in, who else has it, and the ways to take it, mend it and erase it."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from privacy.selectors import mydata as selectors
from privacy.sharing.selectors import shared_with
from privacy.views.shared import person
from webanizr.core.permissions import requires

LAST = 5  # lines about what went outside


def _who(request: HttpRequest) -> dict[str, Any]:
    membership: Any = request.membership  # type: ignore[attr-defined]  # set by the middleware
    return {"account_id": membership.account_id, "owner": membership.role == "owner"}


@requires("reader")
@require_safe
def my_data(request: HttpRequest) -> HttpResponse:
    """The page."""
    who = _who(request)
    lines = selectors.held(selectors.person_of(person(request)), **who)
    _page, outside = shared_with(person(request).pk, page=1)
    context = {
        "lines": lines,
        "outside": outside[:LAST],
        "owner": who["owner"],
        "jobs": selectors.exports(person(request).pk),
        "now": timezone.now(),
        "tab": "data",
        "nav": "privacy",
    }
    return render(request, "privacy/my_data.html", context)


@requires("reader")
@require_safe
def download(request: HttpRequest) -> HttpResponse:
    """The rows themselves, at once, for who wants no zip."""
    found = selectors.download(selectors.person_of(person(request)), **_who(request))
    content = {"made_at": timezone.now().isoformat(), "tables": found}
    text = json.dumps(content, ensure_ascii=False, indent=1, default=str)
    answer = HttpResponse(text, content_type="application/json; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="webanizr-my-data.json"'
    answer.headers["Cache-Control"] = "no-store"
    return answer
