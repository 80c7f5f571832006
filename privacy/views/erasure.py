"""An erasure's own page, by the link in the mail, without an account: state per system, taking back, certificate."""

from __future__ import annotations

import contextlib

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.timesince import timeuntil
from django.views.decorators.http import require_POST, require_safe

from privacy.datamap import Scope
from privacy.erasure import certificate
from privacy.models import ErasureRequest
from privacy.selectors import erasure as selectors
from privacy.services import erasure as services
from webanizr.core import pdf
from webanizr.core.permissions import requires

State = ErasureRequest.State


def _start_url(found: ErasureRequest) -> str:
    """Return where its owner doesn't wait any longer."""
    if found.scope == Scope.SITE.value:
        return reverse("sites:erase_now", args=[found.subject_id])
    if found.scope == Scope.VISITOR.value:
        return reverse("inbox:person_erase_now", args=[found.id])
    address = reverse("accounts:erase_now")
    return f"{address}?only=me" if found.scope == Scope.USER.value else address


def _phase(found: ErasureRequest) -> str:
    """Return what the page is about: "waiting", "running", "done" or "withdrawn"."""
    if found.state in (State.RECEIVED, State.COOLING_OFF):
        return "waiting" if found.starts_at > timezone.now() else "running"
    return str(found.state)


@requires("public")
@require_safe
def progress(request: HttpRequest, token: str) -> HttpResponse:
    """Show how far it is."""
    found = selectors.access_by_link(token)
    phase = _phase(found)
    if request.headers.get("HX-Request") and request.GET.get("phase") != phase:
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})  # the whole page says something else now
    lines = selectors.lines(found)
    context = {
        "erasure": found,
        "token": token,
        "lines": lines,
        "checked": sum(line.kind in ("ok", "keep") for line in lines),
        "phase": phase,
        "left": timeuntil(found.starts_at),
        "start_url": _start_url(found),
        "ours": request.user.is_authenticated and found.requested_by == request.user.pk,
        "backups_until": parse_date(found.certificate["backups_until"]) if found.certificate else None,
    }
    name = "privacy/erasure_lines.html" if request.headers.get("HX-Request") else "privacy/erasure.html"
    return render(request, name, context)


@requires("public")
@require_POST
def withdraw(request: HttpRequest, token: str) -> HttpResponse:
    """Take it back: the link is in the person's own mail only."""
    found = selectors.access_by_link(token)
    with contextlib.suppress(services.ErasureError):  # the page says how far it is
        services.withdraw(request=found)
    return redirect("privacy:erasure", token)


def _certified(token: str) -> ErasureRequest:
    found = selectors.access_by_link(token)
    if found.certificate is None:
        raise Http404
    return found


@requires("public")
@require_safe
def certificate_json(request: HttpRequest, token: str) -> HttpResponse:
    """The certificate with its signature, for programs."""
    found = _certified(token)
    answer = JsonResponse(
        {"certificate": found.certificate, "signature": found.signature, "algorithm": certificate.algorithm()},
        json_dumps_params={"ensure_ascii": False, "indent": 1},
    )
    answer.headers["Content-Disposition"] = f'attachment; filename="{found.reference}.json"'
    return answer


@requires("public")
@require_safe
def certificate_pdf(request: HttpRequest, token: str) -> HttpResponse:
    """The certificate for people."""
    found = _certified(token)
    content = found.certificate
    assert content is not None
    context = {
        "erasure": found,
        "lines": selectors.lines(found),
        "content": content,
        "verified_at": parse_datetime(content["verified_at"]),
        "backups_until": parse_date(content["backups_until"]),
    }
    document = pdf.render(render_to_string("print/certificate.html", context, request))
    answer = HttpResponse(document, content_type="application/pdf")
    answer.headers["Content-Disposition"] = f'attachment; filename="{found.reference}.pdf"'
    return answer


@requires("public")
@require_safe
def key(request: HttpRequest) -> HttpResponse:
    """The public key with which certificates are checked."""
    return HttpResponse(certificate.public_pem(), content_type="application/x-pem-file")
