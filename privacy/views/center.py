"""The privacy centre: who may look, who looked, allowing, refusing and withdrawing, and the proof of the log.

Serves promises 10 and 11. A mail never grants: it leads to the page where both buttons stand.
"""

from __future__ import annotations

import uuid
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from privacy import people, withdrawal
from privacy.models import AccessLog
from privacy.selectors import consent, log
from privacy.selectors import timeline as timelines
from privacy.selectors.members import members
from privacy.services import grants, requests
from privacy.services.refusals import ConsentError
from privacy.views.shared import may_decide, person
from webanizr.core import tenancy
from webanizr.core.permissions import requires

# event -> (icon, kind of the dot when it isn't staff's)
MARKS = {
    "requested": ("hand", ""),
    "withdrawn": ("undo-2", ""),
    "refused": ("x", "bad"),
    "unanswered": ("clock", ""),
    "granted": ("check", "ok"),
    "implied": ("quote", "ok"),
    "revoked": ("ban", "bad"),
    "expired": ("clock", ""),
    "opened": ("log-in", ""),
    "viewed": ("eye", ""),
    "file_viewed": ("file-text", ""),
    "changed": ("pencil", ""),
    "exported": ("download", ""),
    "closed": ("log-out", ""),
    "never_implied": ("lock", ""),
    "may_imply": ("quote", ""),
}


def by_day(entries: Any) -> list[tuple[Any, list[dict[str, Any]]]]:
    """Return the entries of a timeline grouped by day, each with its icon."""
    marked = [
        {"entry": each, "icon": MARKS[each.line.event][0], "kind": "staff" if each.staff else MARKS[each.line.event][1]}
        for each in entries
    ]
    return [
        (day, list(rows)) for day, rows in groupby(marked, key=lambda row: timezone.localtime(row["entry"].at).date())
    ]


def back_to(request: HttpRequest) -> str:
    """Return where to go after an answer: the page that the button stood on."""
    path = request.POST.get("next", "")
    safe = path.startswith("/") and url_has_allowed_host_and_scheme(path, allowed_hosts=None)
    return path if safe else reverse("consent:center")


@requires("reader")
@require_safe
def center(request: HttpRequest) -> HttpResponse:
    """Requests that wait, consent that runs, and everything that happened."""
    shown = request.GET.get("show", "")
    before = request.GET.get("before", "")
    page = timelines.timeline(shown=shown, before=int(before) if before.isdigit() else 0)
    account_id = tenancy.current_account_id()
    context = {
        "asks": consent.open_requests(),
        "givens": consent.live_grants(),
        "days": by_day(page.entries),
        "older": page.older,
        "shown": shown,
        "filters": [("", _("All")), ("looked", _("Looked")), ("asked", _("Asked")), ("consent", _("Permission"))],
        "today": timezone.localdate(),
        "glance": consent.glance(),
        "never_implied": consent.never_implied(),
        "may_decide": may_decide(request),
        "proof": request.session.pop("log_proof", None),
        "members": members(account_id),
        "here": request.path,
        "nav": "privacy",
        "tab": "looked",
    }
    return render(request, "privacy/center.html", context)


@requires("owner")
@require_POST
def answer(request: HttpRequest, request_id: uuid.UUID) -> HttpResponse:
    """Allow or refuse a request: two buttons of one size."""
    row = consent.access_request(request_id)
    try:
        if request.POST.get("answer") == "allow":
            grant = requests.grant_request(request=row, actor=person(request))
            until = timezone.localtime(grant.expires_at)
            messages.success(
                request,
                _("Allowed until %(until)s. You can withdraw it here at any moment.") % {"until": f"{until:%H:%M}"},
            )
        else:
            requests.refuse_request(request=row, actor=person(request))
            messages.success(request, _("Refused. We go on helping you, without seeing the submissions."))
    except ConsentError as error:
        messages.warning(request, str(error))
    return redirect(back_to(request))


@requires("reader")
@require_POST
def withdraw(request: HttpRequest, grant_id: uuid.UUID) -> HttpResponse:
    """Withdraw consent, as any member: at once, for a page that is open too."""
    row = consent.access_grant(grant_id)
    try:
        grants.revoke_grant(grant=row, actor=person(request))
        messages.success(request, _("Withdrawn. From this moment nobody at Webanizr sees anything any more."))
    except ConsentError as error:
        messages.warning(request, str(error))
    return redirect(back_to(request))


@requires("reader")
@require_safe
def grant(request: HttpRequest, grant_id: uuid.UUID) -> HttpResponse:
    """One consent, where mails lead to: what was looked at, and the button that withdraws it."""
    row = consent.access_grant(grant_id)
    (given,) = consent.givens(type(row).objects.filter(account_id=row.account_id, id=row.id))
    lines = AccessLog.objects.filter(account_id=row.account_id, grant_id=row.id).order_by("-seq")[:100]
    context = {
        "given": given,
        "days": by_day(timelines.entries(list(lines))),
        "today": timezone.localdate(),
        "here": request.path,
        "nav": "privacy",
        "tab": "looked",
    }
    return render(request, "privacy/grant_page.html", context)


@requires("public")
@require_http_methods(["GET", "POST"])
def withdraw_by_mail(request: HttpRequest, token: str) -> HttpResponse:
    """Withdraw consent with the link of the mail, without signing in. GET shows what it is about, POST does it."""
    try:
        found = withdrawal.read(token)
    except signing.BadSignature as error:
        raise Http404 from error
    with tenancy.context(account_id=found.account_id, user_id=found.user_id):
        if people.member(found.account_id, found.user_id) is None:
            raise Http404
        row = consent.access_grant(found.grant_id)
        done = False
        if request.method == "POST":
            try:
                grants.revoke_grant(grant=row, actor=found)
            except ConsentError:
                row.refresh_from_db()  # it was withdrawn already, which is what was wanted
            done = True
        (given,) = consent.givens(type(row).objects.filter(account_id=row.account_id, id=row.id))
        return render(request, "privacy/withdraw.html", {"given": given, "done": done})


@requires("owner")
@require_POST
def always_ask(request: HttpRequest) -> HttpResponse:
    """Choose whether a question may give permission."""
    never = request.POST.get("never") == "on"
    grants.set_never_implied(never=never, actor=person(request))
    messages.success(
        request,
        _("From now on we always ask you first.") if never else _("Saved. What you name in a question, we may read."),
    )
    return redirect("consent:center")


@requires("reader")
@require_safe
def export(request: HttpRequest, kind: str) -> HttpResponse:
    """The whole log as a file; in JSON it holds what is needed to recompute the chain elsewhere."""
    account_id = tenancy.current_account_id()
    makers = {"csv": (log.as_csv, "text/csv; charset=utf-8"), "json": (log.as_json, "application/json")}
    if kind not in makers:
        raise Http404
    make, content_type = makers[kind]
    response = HttpResponse(make(account_id), content_type=content_type)
    name = f"webanizr-log-{timezone.localtime():%Y%m%d-%H%M}.{kind}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    return response


@requires("reader")
@require_POST
def verify(request: HttpRequest) -> HttpResponse:
    """Recount the chain now."""
    try:
        found = log.verify()
    except Exception as error:  # whatever storage raises: "unknown" is not "whole"
        request.session["log_proof"] = {"unknown": type(error).__name__}
    else:
        request.session["log_proof"] = {
            "whole": found.whole,
            "lines": found.lines,
            "broken_at": found.broken_at,
            "copies": found.copies,
            "head": found.head,
        }
    return redirect(f"{reverse('consent:center')}#log")
