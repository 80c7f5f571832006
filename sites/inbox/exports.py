"""Exports: start one, see how far it is, fetch it."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.views.confirm import fresh
from accounts.views.settings import account_of, person
from sites.inbox.forms import filter_from
from sites.selectors import search
from sites.selectors.inbox import forms
from sites.services import export
from webanizr.core import storage, vault
from webanizr.core.models import Job
from webanizr.core.permissions import requires

ZIP = ("application/zip", "zip")
TYPES = {
    export.CSV: ("text/csv; charset=utf-8", "csv"),
    export.PERSON: ZIP,
    export.EVERYTHING: ZIP,
    export.ME: ZIP,
}


def shown_to(request: HttpRequest) -> QuerySet[Job]:
    """Return the exports of the current account that who is signed in may see."""
    membership: Any = request.membership  # type: ignore[attr-defined]  # set by the middleware
    return Job.objects.filter(export.visible_to(person(request).pk, membership.role))


def access_export(request: HttpRequest, job_id: uuid.UUID) -> Job:
    """Return an export of the current account that who is signed in may fetch; raises Http404."""
    job = shown_to(request).filter(id=job_id).first()
    if job is None:
        raise Http404
    return job


@requires("reader")
@require_safe
def exports(request: HttpRequest) -> HttpResponse:
    """The exports of the last weeks."""
    jobs = shown_to(request).order_by("-created_at")[:30]
    context = {"jobs": jobs, "forms": forms(), "now": timezone.now(), "nav": "inbox"}
    return render(request, "inbox/exports.html", context)


@requires("reader")
@require_POST
def start(request: HttpRequest) -> HttpResponse:
    """Queue an export of what the filter names."""
    export.start_export(chosen=filter_from(request.POST)[0], actor=person(request))
    return redirect("inbox:exports")


@requires("owner")
@fresh
@require_http_methods(["GET", "POST"])
def everything(request: HttpRequest) -> HttpResponse:
    """Say what comes along, and queue a zip with all of it: messages, pictures, websites, what we know of you."""
    if request.method == "POST":
        export.start_export(chosen=search.Filter(folder="everywhere"), actor=person(request), content=export.EVERYTHING)
        return redirect("consent:my_data")
    return render(request, "inbox/everything.html", {"nav": "settings", "section": "settings"})


@requires("reader")
@fresh
@require_http_methods(["GET", "POST"])
def me(request: HttpRequest) -> HttpResponse:
    """Say what comes along, and queue a zip with what we have of who asks: for members who own nothing here too."""
    if request.method == "POST":
        export.start_export(chosen=search.Filter(), actor=person(request), content=export.ME)
        return redirect("consent:my_data")
    return render(request, "inbox/me.html", {"nav": "privacy"})


@requires("reader")
@require_safe
def state(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    """One export's line, polled by its page until it is finished."""
    return render(request, "inbox/export.html", {"job": access_export(request, job_id), "now": timezone.now()})


@requires("reader")
@require_POST
def retry(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    """Queue a failed or expired export again."""
    export.retry_export(job=access_export(request, job_id), actor=person(request))
    return redirect("inbox:exports")


@requires("reader")
@require_safe
def download(request: HttpRequest, job_id: uuid.UUID) -> HttpResponseBase:
    """The file, opened whole before any of it is sent."""
    job = access_export(request, job_id)
    if job.state != Job.State.DONE or (job.expires_at and job.expires_at < timezone.now()):
        messages.warning(request, _("This export is no longer there. Make a new one."))
        return redirect("inbox:exports")
    try:
        data = export.read_export(job)
    except (storage.Missing, vault.Unreadable):
        messages.warning(request, _("This export is no longer there. Make a new one."))
        return redirect("inbox:exports")
    kind, extension = TYPES[job.params.get("content", export.CSV)]
    response = HttpResponse(data, content_type=kind)
    name = f"webanizr-{account_of(request).pk.hex[:6]}-{timezone.localtime(job.created_at):%Y%m%d-%H%M}.{extension}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    return response
