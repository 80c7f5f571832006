"""Erasing everything about one person: what goes, a week to reconsider or at once, calling it off (promise 09).

What a visitor may ask of a customer (article 17 GDPR). Until it begins the messages stay in the inbox: nothing has
been erased, and who is asked by the person meanwhile can still look.
"""

from __future__ import annotations

import contextlib
import uuid
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.forms import EraseForm
from accounts.services import audit
from accounts.views.confirm import fresh
from accounts.views.settings import account_of
from accounts.views.settings import person as actor_of
from privacy.datamap import Scope
from privacy.erasure import certificate
from privacy.selectors.erasure import access_erasure
from privacy.services.erasure import COOLING_OFF, ErasureError, request_erasure, start_now, withdraw
from sites.inbox.forms import MOST_ASKED
from sites.inbox.person import person_of
from sites.selectors import search
from webanizr.core.permissions import requires


@requires("editor")
@fresh
@require_http_methods(["GET", "POST"])
def erase_person(request: HttpRequest) -> HttpResponse:
    """Say what goes; take the request. What an erasure is about already isn't asked for twice: its page shows."""
    asked_for = request.GET if request.method == "GET" else request.POST
    found = person_of(asked_for)
    every = search.submissions_of(found.terms)
    if not every:
        messages.warning(request, _("Nothing was found, so there is nothing to erase."))
        return redirect("inbox:list")
    waiting = search.being_erased(every)
    going = {key for each in waiting for key in each.submissions}
    left = [key for key in every if key not in going]
    if not left:
        return redirect(certificate.link(waiting[-1].request))
    form = EraseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return _ask(request, left, at_once=form.cleaned_data["when"] == "now")
    context = {
        "form": form,
        "count": len(left),
        "name": found.name or ", ".join((*found.addresses, *found.numbers)),
        "of": asked_for.get("of", ""),
        "asked": asked_for.get("q", "")[:MOST_ASKED],
        "begins": timezone.now() + COOLING_OFF,
        "nav": "inbox",
    }
    return render(request, "inbox/person_erase.html", context, status=422 if form.errors else 200)


def _ask(request: HttpRequest, submissions: list[uuid.UUID], *, at_once: bool) -> HttpResponse:
    actor, account = actor_of(request), account_of(request)
    asked = request_erasure(
        scope=Scope.VISITOR,
        subject_id=uuid.uuid4(),
        account_id=account.pk,
        actor_id=actor.pk,
        contact={"name": actor.name, "email": actor.email, "language": account.language},
        now=timezone.now(),
        at_once=at_once,
        submissions=submissions,
    )
    audit.record("visitor.erasure_asked", actor_id=actor.pk, target_id=asked.id)
    return redirect(certificate.link(asked))


@requires("editor")
@fresh
@require_POST
def erase_now(request: HttpRequest, request_id: uuid.UUID) -> HttpResponse:
    """Don't wait for the end of the seven days."""
    found = access_erasure(request_id, scope=Scope.VISITOR)
    if "sure" not in request.POST:
        return redirect(certificate.link(found))
    with contextlib.suppress(ErasureError):  # the page says how far it is
        start_now(request=found, now=timezone.now())
        audit.record("visitor.erasure_begun", actor_id=actor_of(request).pk, target_id=found.id)
    return redirect(certificate.link(found))


@requires("editor")
@require_POST
def call_off(request: HttpRequest, request_id: uuid.UUID) -> HttpResponse:
    """Let the messages stay; back to the person's page."""
    found = access_erasure(request_id, scope=Scope.VISITOR)
    try:
        withdraw(request=found)
    except ErasureError:
        return redirect(certificate.link(found))
    audit.record("visitor.erasure_withdrawn", actor_id=actor_of(request).pk, target_id=found.id)
    messages.success(request, _("It was called off. The messages stay."))
    back = {name: value for name in ("of", "q") if (value := request.POST.get(name, "")[:MOST_ASKED])}
    return redirect(f"{reverse('inbox:person')}?{urlencode(back)}" if back else reverse("inbox:list"))
