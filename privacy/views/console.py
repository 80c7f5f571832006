"""The staff console: the queue of questions, one question with its access, and what was asked. No content here.

Serves promises 10 and 11. Not Django's admin: what a customer wrote, quoted and allowed has pages of its own.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.apps import apps
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from privacy import topics, wording
from privacy.forms import AnswerForm, QuoteForm, RequestForm
from privacy.models import SupportQuestion
from privacy.scope import Scope
from privacy.selectors import access, staff
from privacy.services import grants, requests
from privacy.services import questions as services
from privacy.services.refusals import ConsentError
from privacy.views.shared import person
from webanizr.core import tenancy
from webanizr.core.permissions import requires


@requires("staff")
@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    """Questions that wait for us first, the oldest in front; or the closed ones."""
    closed = request.GET.get("show") == "closed"
    pages = Paginator(staff.question_queue(closed=closed), 30)
    page: Any = pages.get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": staff.queued(page.object_list),
        "closed": closed,
        "nav": "questions",
    }
    return render(request, "console/queue.html", context)


def _about(question: SupportQuestion) -> Scope | None:
    return Scope(question.site_id, question.form_id, question.submission_id) if question.site_id else None


def _sites(question: SupportQuestion, actor: Any) -> list[tuple[uuid.UUID, str]]:
    with tenancy.tenant(question.account_id, user_id=actor.pk):
        rows = apps.get_model("sites.Site")._default_manager.filter(account_id=question.account_id)
        return list(rows.order_by("created_at").values_list("id", "name"))


def _page(request: HttpRequest, question: SupportQuestion, *, status: int = 200, **bound: Any) -> HttpResponse:
    """Show a question's page; `bound`: the form that came back with errors, under its name."""
    shown = staff.question_page(question, actor=person(request))
    sites = _sites(question, person(request))
    about = _about(question)
    choices = topics.for_staff(shown.forms, sites, about)
    narrow = [each for each in choices if "/" in each[0]]  # implied consent names a form or a submission
    chosen = request.GET.get("sentence", "")
    quoted = bound.get("quote")
    lines = []
    for line in shown.lines:
        parts = staff.sentences(line.message) if not line.ours else []
        marked = [(part, f"{line.message.id}:{index}") for index, part in enumerate(parts)]
        lines.append((line, marked))
    picked = next(
        ((line.message, part) for line, marked in lines for part, key in marked if key == chosen and part.usable), None
    )
    if quoted is None and picked is not None:
        quoted = QuoteForm(choices=narrow, initial={"quote": picked[1].text, "message": picked[0].id})
    context = {
        "shown": shown,
        "question": question,
        "lines": lines,
        "chosen": chosen,
        "quote": quoted,
        "quote_text": (quoted.data.get("quote") if quoted.is_bound else quoted.initial["quote"]) if quoted else "",
        "narrow": bool(narrow),
        "ask": bound.get("ask") or RequestForm(choices=choices),
        "asked": [each for each in shown.asks if each.pending],
        "past": [each for each in shown.asks if not each.pending],
        "answer": bound.get("answer") or AnswerForm(),
        "implied_wording": wording.text(wording.IMPLIED),
        "nav": "questions",
    }
    return render(request, "console/question.html", context, status=status)


@requires("staff")
@require_safe
def question(request: HttpRequest, number: int) -> HttpResponse:
    """One question: what was said, what may be seen, and the next answer."""
    return _page(request, staff.access_question(number))


@requires("staff")
@require_POST
def answer(request: HttpRequest, number: int) -> HttpResponse:
    """Send an answer, or add a note for colleagues."""
    row = staff.access_question(number)
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return _page(request, row, status=422, answer=form)
    note = request.POST.get("action") == "note"
    try:
        if note:
            services.add_note(question=row, body=form.cleaned_data["body"], actor=person(request))
        else:
            services.answer_question(question=row, body=form.cleaned_data["body"], actor=person(request))
    except ConsentError as error:
        form.add_error("body", str(error))
        return _page(request, row, status=422, answer=form)
    messages.success(request, _("Noted, for us alone.") if note else _("Sent. The customer gets a mail."))
    return redirect("console:question", number)


@requires("staff")
@require_POST
def close(request: HttpRequest, number: int) -> HttpResponse:
    """Close an answered question."""
    row = staff.access_question(number)
    services.close_question_as_staff(question=row, actor=person(request))
    messages.success(request, _("Closed. A new message of the customer opens it again."))
    return redirect("console:queue")


@requires("staff")
@require_POST
def quote(request: HttpRequest, number: int) -> HttpResponse:
    """Record that the customer's own words ask us to look."""
    row = staff.access_question(number)
    shown = staff.question_page(row, actor=person(request))
    choices = topics.for_staff(shown.forms, [], _about(row))
    form = QuoteForm(request.POST, choices=choices)
    if form.is_valid():
        message = staff.access_message(row, form.cleaned_data["message"])
        try:
            grants.grant_from_quote(
                message=message,
                quote=form.cleaned_data["quote"],
                scope=form.chosen(),
                hours=form.cleaned_data["hours"],
                actor=person(request),
            )
        except ConsentError as error:
            form.add_error(None, str(error))
        else:
            messages.success(
                request, _("Recorded. The customer is told now, with this sentence and a way to withdraw.")
            )
            return redirect("console:question", number)
    return _page(request, row, status=422, quote=form)


@requires("staff")
@require_POST
def ask(request: HttpRequest, number: int) -> HttpResponse:
    """Ask the customer for permission."""
    row = staff.access_question(number)
    shown = staff.question_page(row, actor=person(request))
    choices = topics.for_staff(shown.forms, _sites(row, person(request)), _about(row))
    form = RequestForm(request.POST, choices=choices)
    if form.is_valid():
        try:
            requests.request_access(
                question=row,
                scope=form.chosen(),
                reason=form.cleaned_data["reason"],
                actions=[form.cleaned_data["action"]],
                hours=form.cleaned_data["hours"],
                actor=person(request),
            )
        except ConsentError as error:
            form.add_error("reason", str(error))
        else:
            messages.success(request, _("Asked. Without an answer within 72 hours it counts as refused."))
            return redirect("console:question", number)
    return _page(request, row, status=422, ask=form)


@requires("staff")
@require_POST
def withdraw(request: HttpRequest, request_id: uuid.UUID) -> HttpResponse:
    """Take an own request back."""
    row = access.access_request(request_id, actor=person(request))
    try:
        requests.withdraw_request(request=row, actor=person(request))
        messages.success(request, _("Taken back."))
    except ConsentError as error:
        messages.warning(request, str(error))
    return redirect("console:question", row.question.number)


@requires("staff")
@require_http_methods(["GET"])
def overview(request: HttpRequest) -> HttpResponse:
    """What was asked and which look-ins are open, over all customers. Names and states, no content."""
    context = {
        "sessions": access.open_sessions(actor=person(request)),
        "requests": access.requests(),
        "days": access.DAYS,
        "nav": "access",
    }
    return render(request, "console/access.html", context)
