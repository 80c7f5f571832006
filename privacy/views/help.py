"""Help: ask Webanizr a question, read the answers, reply, close. Works without JavaScript (promise 11)."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from privacy import articles, topics, wording
from privacy.forms import QuestionForm, ReplyForm
from privacy.scope import Scope
from privacy.selectors import consent, questions
from privacy.services import questions as services
from privacy.services.refusals import ConsentError
from privacy.views.shared import may_decide, person
from webanizr.core.permissions import requires

SHOWN = 20  # questions in the list beside the form


@requires("reader")
@require_http_methods(["GET", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """The question, what it is about, and what sending it can mean."""
    chosen = topics.scope_of(request.GET.get("about", ""))
    form = QuestionForm(request.POST if request.method == "POST" else None, chosen=chosen)
    if request.method == "POST" and form.is_valid() and not form.to_look_at:
        about = form.scope() or Scope(uuid.UUID(int=0))
        try:
            question = services.ask_question(
                actor=person(request),
                subject=form.cleaned_data["subject"],
                body=form.cleaned_data["body"],
                site_id=about.site_id if form.scope() else None,
                form_id=about.form_id,
                submission_id=about.submission_id,
                implied_refused=form.cleaned_data["implied_refused"],
            )
        except ConsentError as error:
            form.add_error("about", str(error))
        else:
            messages.success(request, _("Your question is on its way. You get a mail when there is an answer."))
            return redirect("help:question", question.id)
    context = {
        "form": form,
        "questions": questions.questions()[:SHOWN],
        "wording": wording.text(wording.IMPLIED),
        "may_decide": may_decide(request),
        "never_implied": consent.never_implied(),
        "articles": articles.suggest(" ".join(form.data.get(name, "") for name in ("subject", "body"))),
        "nav": "help",
    }
    return render(request, "help/ask.html", context, status=422 if request.method == "POST" else 200)


@requires("reader")
@require_POST
def suggest(request: HttpRequest) -> HttpResponse:
    """What may help, while the question is typed: by POST, so that its words are in no address and no log."""
    found = articles.suggest(f"{request.POST.get('subject', '')} {request.POST.get('body', '')[:2000]}")
    return render(request, "help/articles.html", {"articles": found})


@requires("reader")
@require_safe
def article(request: HttpRequest, key: str) -> HttpResponse:
    """A short answer."""
    found = articles.article(key)
    if found is None:
        raise Http404
    return render(request, "help/article.html", {"article": found, "nav": "help"})


@requires("reader")
@require_http_methods(["GET", "POST"])
def question(request: HttpRequest, question_id: uuid.UUID) -> HttpResponse:
    """The conversation, what is asked and allowed in it, and the next message."""
    row = questions.access_question(question_id)
    initial = {"implied_refused": row.implied_refused}
    form = ReplyForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid() and not form.to_look_at:
        services.reply(
            question=row,
            body=form.cleaned_data["body"],
            actor=person(request),
            implied_refused=form.cleaned_data["implied_refused"],
        )
        messages.success(request, _("Your message is on its way."))
        return redirect("help:question", row.id)
    asks, givens = consent.of_question(row)
    context = {
        "question": row,
        "lines": questions.conversation(row),
        "asks": [each for each in asks if each.pending],
        "givens": [each for each in givens if each.live],
        "form": form,
        "wording": wording.text(wording.IMPLIED),
        "may_decide": may_decide(request),
        "never_implied": consent.never_implied(),
        "here": request.path,
        "nav": "help",
    }
    return render(request, "help/question.html", context, status=422 if request.method == "POST" else 200)


@requires("reader")
@require_POST
def close(request: HttpRequest, question_id: uuid.UUID) -> HttpResponse:
    """Close a question; a further message opens it again."""
    row = questions.access_question(question_id)
    services.close_question(question=row, actor=person(request))
    messages.success(request, _("This question is closed. Write another message to open it again."))
    return redirect("help:question", row.id)
