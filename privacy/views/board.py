"""The staff's board of erasures: deadline, cause, trying again, a longer term. Numbers and states; nobody is named."""

from __future__ import annotations

import csv
import io
import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from privacy import people
from privacy.forms import ExtendForm
from privacy.models import ErasureEvent
from privacy.selectors import board as selectors
from privacy.services import deadlines
from privacy.services.erasure import ErasureError
from privacy.views.shared import person
from webanizr.core.permissions import requires


@requires("staff")
@require_safe
def board(request: HttpRequest) -> HttpResponse:
    """Show every open erasure, and those that ended this month."""
    context = {"board": selectors.board(timezone.now()), "nav": "erasures"}
    return render(request, "console/erasures.html", context)


@requires("staff")
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """The same for a spreadsheet."""
    out = io.StringIO()
    csv.writer(out).writerows(selectors.overview(timezone.now()))
    answer = HttpResponse(b"\xef\xbb\xbf" + out.getvalue().encode(), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="erasures-{timezone.localdate():%Y-%m-%d}.csv"'
    return answer


@requires("staff")
@require_safe
def erasure(request: HttpRequest, request_id: uuid.UUID) -> HttpResponse:
    """One request: its steps, what was done, and the longer term."""
    return _page(request, request_id)


def _page(request: HttpRequest, request_id: uuid.UUID, form: ExtendForm | None = None) -> HttpResponse:
    found, now = selectors.access_request(request_id), timezone.now()
    events = list(found.events.all())
    names = people.names(event.actor_id for event in events)
    context = {
        "erasure": found,
        "card": selectors.card_of(found, now),
        "lines": selectors.step_lines(found),
        "events": [(event, names.get(event.actor_id) if event.actor_id else None) for event in events],
        "form": (form or ExtendForm()) if selectors.may_extend(found, now) else None,
        "nav": "erasures",
    }
    return render(request, "console/erasure.html", context, status=422 if form else 200)


@requires("staff")
@require_POST
def retry(request: HttpRequest, request_id: uuid.UUID) -> HttpResponse:
    """Let the steps that wait try again now."""
    found = selectors.access_request(request_id)
    count = deadlines.try_again(request=found, actor_id=person(request).pk, now=timezone.now())
    if count:
        words = ngettext("%(n)s step tries again now.", "%(n)s steps try again now.", count) % {"n": count}
        messages.success(request, words)
    else:
        messages.info(request, _("Nothing waits for another try."))
    return redirect("erasure_page", request_id)


@requires("staff")
@require_POST
def extend(request: HttpRequest, request_id: uuid.UUID) -> HttpResponse:
    """Give a request two months more, with the reason that the person is mailed."""
    found, form = selectors.access_request(request_id), ExtendForm(request.POST)
    if not form.is_valid():
        return _page(request, request_id, form)
    reason = ErasureEvent.Reason(form.cleaned_data["reason"])
    try:
        deadlines.extend_term(request=found, reason=reason, actor_id=person(request).pk, now=timezone.now())
    except ErasureError:
        messages.warning(request, _("This term can't be made longer any more."))
    else:
        messages.success(request, _("Two months more. The person is told by mail, with the reason."))
    return redirect("erasure_page", request_id)
