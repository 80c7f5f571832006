"""How long each form keeps what comes in: one page for all of them, in the privacy centre."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.db.models import Min
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.views.settings import person
from sites.editor.forms import TermForm
from sites.models import Form, Submission
from sites.services import forms as services
from webanizr.core.permissions import requires


def _lines(bad: TermForm | None = None, bad_id: uuid.UUID | None = None) -> list[dict[str, Any]]:
    found = Form.objects.filter(deleted_at=None).select_related("site").order_by("site__name", "created_at")
    first = dict(Submission.objects.order_by().values_list("form_id").annotate(first=Min("expires_at")))
    return [
        {
            "row": form,
            "control": bad
            if bad is not None and form.id == bad_id
            else TermForm(initial={"retention_days": form.retention_days}, auto_id=f"term-{form.id}-%s"),
            "first": first.get(form.id),
        }
        for form in found
    ]


def _page(request: HttpRequest, lines: list[dict[str, Any]], status: int = 200) -> HttpResponse:
    context = {"lines": lines, "tab": "terms", "nav": "privacy"}
    return render(request, "inbox/terms.html", context, status=status)


@requires("reader")
@require_safe
def terms(request: HttpRequest) -> HttpResponse:
    """The terms of every form of the account."""
    return _page(request, _lines())


@requires("editor")
@require_POST
def set_term(request: HttpRequest, form_id: uuid.UUID) -> HttpResponse:
    """Change the term of one form."""
    found = Form.objects.filter(id=form_id, deleted_at=None).first()
    if found is None:
        raise Http404
    asked = TermForm(request.POST, initial={"retention_days": found.retention_days}, auto_id=f"term-{found.id}-%s")
    if not asked.is_valid():
        return _page(request, _lines(asked, found.id), 422)
    services.change_form(form=found, actor=person(request), retention_days=asked.cleaned_data["retention_days"])
    messages.success(request, _("Saved. Visitors see it once you publish the website again."))
    return redirect("inbox:terms")
