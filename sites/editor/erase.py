"""Erasing one website: what goes and what stays, a week to reconsider or at once, progress and certificate."""

from __future__ import annotations

import functools
import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts.forms import EraseForm
from accounts.services import audit
from accounts.views.confirm import fresh
from accounts.views.settings import account_of, person
from privacy.datamap import Scope
from privacy.erasure import certificate
from privacy.selectors.erasure import open_request
from privacy.services.erasure import COOLING_OFF, ErasureError, request_erasure, start_now
from sites.models import Site
from sites.selectors import editor as selectors
from webanizr.core.permissions import requires


def own_site(view: Callable[[HttpRequest, Site], HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Decorate a view of one website: a stranger's is not there, before anybody is asked for a code."""

    @functools.wraps(view)
    def guarded(request: HttpRequest, site_id: uuid.UUID) -> HttpResponseBase:
        return view(request, selectors.access_site(site_id))

    return guarded


@requires("owner")
@own_site
@fresh
@require_http_methods(["GET", "POST"])
def erase(request: HttpRequest, site: Site) -> HttpResponse:
    """Say what goes and what stays; take the request."""
    running = open_request(scope=Scope.SITE, subject_id=site.pk)
    if running is not None:
        return redirect(certificate.link(running))
    form = EraseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return _ask(request, site, at_once=form.cleaned_data["when"] == "now")
    context = {
        "form": form,
        "site": site,
        "counts": selectors.erasing_counts(site),
        "begins": timezone.now() + COOLING_OFF,
        "nav": "sites",
    }
    return render(request, "sites/erase.html", context, status=422 if form.errors else 200)


def _ask(request: HttpRequest, site: Site, *, at_once: bool) -> HttpResponse:
    actor, account = person(request), account_of(request)
    try:
        asked = request_erasure(
            scope=Scope.SITE,
            subject_id=site.pk,
            account_id=account.pk,
            actor_id=actor.pk,
            contact={"name": actor.name, "email": actor.email, "language": account.language},
            now=timezone.now(),
            at_once=at_once,
        )
    except ErasureError:
        return redirect("sites:erase", site.pk)
    audit.record("site.erasure_asked", actor_id=actor.pk, target_id=site.pk)
    return redirect(certificate.link(asked))


@requires("owner")
@own_site
@fresh
@require_POST
def erase_now(request: HttpRequest, site: Site) -> HttpResponse:
    """Don't wait for the end of the seven days."""
    running = open_request(scope=Scope.SITE, subject_id=site.pk)
    if running is None:
        return redirect("sites:erase", site.pk)
    address = certificate.link(running)
    if "sure" not in request.POST:
        return redirect(address)
    try:
        start_now(request=running, now=timezone.now())
    except ErasureError:
        return redirect(address)
    audit.record("site.erasure_begun", actor_id=person(request).pk, target_id=site.pk)
    return redirect(address)
