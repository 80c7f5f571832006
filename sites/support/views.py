"""A look-in: open it, choose one submission at a time, read it, stop. Each look is a line of the log before it shows.

Asking for a record (POST) and showing it (GET) are two requests on purpose: the database shows a row only when its
line was committed before.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.views.settings import person
from privacy import people
from privacy.forms import LookForm
from privacy.models import AccessLog, AccessSession, Action
from privacy.selectors import access as access_selectors
from privacy.selectors import consent, staff, timeline
from privacy.services import access
from privacy.services.refusals import ConsentError
from privacy.views.center import by_day
from sites.models import Submission
from sites.selectors.inbox import open_message, position
from sites.selectors.sealed import open_content
from sites.services.corrections import NotCorrectable, Refusals
from sites.support.changes import ChangeForm, change_answer, changeable
from webanizr.core import tenancy, vault
from webanizr.core.permissions import kept, requires

SHOWN = 50  # submissions of one page
PICTURES = ("jpg", "jpeg", "png", "webp", "gif")
SHOWABLE = (*PICTURES, "pdf")  # kinds of files that can be looked at; see `sites.support.files`


@requires("step_up")
@require_http_methods(["GET", "POST"])
def open_session(request: HttpRequest, grant_id: uuid.UUID) -> HttpResponse:
    """Say why, choose what to do, and start."""
    given = access_selectors.access_grant(grant_id, actor=person(request))
    actions = [each for each in Action.values if each in given.grant.actions]
    form = LookForm(request.POST if request.method == "POST" else kept(request), actions=actions)
    if request.method == "POST" and form.is_valid():
        try:
            made = access.open_access_session(
                grant=given.grant,
                action=form.cleaned_data["action"],
                reason=form.cleaned_data["reason"],
                actor=person(request),
            )
        except ConsentError as error:
            form.add_error(None, str(error))
        else:
            return redirect("support:session", made.id)
    context = {"given": given, "form": form, "one_action": len(actions) == 1, "nav": "questions"}
    return render(request, "support/open.html", context, status=422 if request.method == "POST" else 200)


def frame(request: HttpRequest, row: AccessSession) -> dict[str, Any]:
    """Return what every page of a look-in shows: whose, until when, on what consent, and its own log."""
    with tenancy.tenant(row.account_id, user_id=row.staff_id):
        (given,) = consent.givens(type(row.grant).objects.filter(account_id=row.account_id, id=row.grant_id))
        lines = AccessLog.objects.filter(account_id=row.account_id, session_id=row.id).order_by("-seq")[:20]
        return {
            "session": row,
            "account_name": people.account_name(row.account_id),
            "given": given,
            "until": min(row.expires_at, given.grant.expires_at),
            "days": by_day(timeline.entries(list(lines))),
            "action_words": consent.action_words([Action.VIEW, row.action]),
            "today": timezone.localdate(),
            "watermark": f"{request.user.name} · {timezone.localtime():%d-%m %H:%M}",  # type: ignore[union-attr]  # staff are signed in
            "nav": "questions",
        }


def ended(request: HttpRequest, row: AccessSession) -> HttpResponse:
    """Say plainly that nothing is to be seen any more, and why."""
    row.grant.refresh_from_db()
    if row.grant.revoked_at is not None:
        why = _("The customer withdrew the permission.")
    elif row.grant.expires_at <= timezone.now():
        why = _("The permission has ended.")
    elif row.closed_at is not None:
        why = _("You stopped this look-in.")
    else:
        why = _("A look-in lasts half an hour at most; this one is over.")
    context = {"session": row, "why": why, "question": row.grant.question, "nav": "questions"}
    return render(request, "support/ended.html", context, status=410)


@requires("staff")
@require_safe
def session(request: HttpRequest, session_id: uuid.UUID) -> HttpResponse:
    """What the session covers: moments, no content. Choose one to open."""
    row = staff.access_session(session_id, actor=person(request))
    try:
        with access.open_scope(row, actor_id=person(request).pk) as scope:
            rows = staff.submissions_in_scope(scope, after=_after(request.GET.get("after", "")), size=SHOWN + 1)
            place = staff.place_in_scope(scope)
            exported = staff.exports_in_scope(scope) if row.action == Action.EXPORT else []
    except ConsentError:
        return ended(request, row)
    context = {
        **frame(request, row),
        "rows": rows[:SHOWN],
        "place": place,
        "paged": bool(request.GET.get("after")),
        "older": f"{rows[SHOWN - 1].received_at.timestamp():.6f}_{rows[SHOWN - 1].id.hex}" if len(rows) > SHOWN else "",
        "exports": exported,
        "live": True,
    }
    return render(request, "support/session.html", context)


@requires("staff")
@require_safe
def alive(request: HttpRequest, session_id: uuid.UUID) -> HttpResponse:
    """Asked every few seconds by an open page: when the session has ended the page is loaded anew, and is empty."""
    row = staff.access_session(session_id, actor=person(request))
    try:
        with access.open_scope(row, actor_id=person(request).pk):
            return HttpResponse(status=204)
    except ConsentError:
        return HttpResponse("", headers={"HX-Refresh": "true"})


@requires("staff")
@require_POST
def stop(request: HttpRequest, session_id: uuid.UUID) -> HttpResponse:
    """Stop now."""
    row = staff.access_session(session_id, actor=person(request))
    access.close_access_session(session=row, actor=person(request))
    messages.success(request, _("Stopped. The customer sees in their log that you did."))
    if row.grant.question is None:
        return redirect("console:access")
    return redirect("console:question", row.grant.question.number)


@requires("staff")
@require_POST
def open_record(request: HttpRequest, session_id: uuid.UUID, submission_id: uuid.UUID) -> HttpResponse:
    """Write the look in the log; only the next request shows anything."""
    row = staff.access_session(session_id, actor=person(request))
    try:
        access.record_view(session=row, submission_id=submission_id, actor=person(request))
    except ConsentError:
        return redirect("support:session", row.id)  # it says what ended, or shows what is covered
    return redirect("support:record", row.id, submission_id)


@requires("staff")
@require_safe
def record(request: HttpRequest, session_id: uuid.UUID, submission_id: uuid.UUID) -> HttpResponse:
    """One submission, if its look is in the log."""
    row = staff.access_session(session_id, actor=person(request))
    return _record(request, row, submission_id)


def _record(
    request: HttpRequest, row: AccessSession, submission_id: uuid.UUID, *, change_form: ChangeForm | None = None
) -> HttpResponse:
    try:
        with access.open_scope(row, actor_id=person(request).pk) as scope:
            try:
                found: Submission = staff.row_in_scope(scope, submission_id)
            except Http404:
                messages.warning(request, _("Open this submission from the list: each look is written down first."))
                return redirect("support:session", row.id)
            place = staff.place_in_scope(scope, submission_id)
            message = open_message(found)
            may_change: list[str] = []
            if row.action == Action.CHANGE and not (message.damaged or message.away):
                may_change = changeable(found, open_content(found))
            page = {
                "message": message,
                "place": place,
                "may_change": may_change,
                "showable": SHOWABLE,
                "change_form": change_form,
                "live": True,
            }
            # made inside the scope: the answers leave this block as finished text or not at all
            context = {**frame(request, row), **page}
            response = render(request, "support/record.html", context, status=422 if change_form else 200)
    except ConsentError:
        return ended(request, row)
    response.headers["Cache-Control"] = "no-store"
    return response


def _after(cursor: str) -> tuple[datetime, uuid.UUID] | None:
    """Return the place in the list that an address names; the beginning for none, 404 for a made-up one."""
    return position(cursor) if cursor else None


@requires("staff")
@require_POST
def change(request: HttpRequest, session_id: uuid.UUID, submission_id: uuid.UUID) -> HttpResponse:
    """Change one answer, in a session for changing; its hashes before and after are in the customer's log."""
    row = staff.access_session(session_id, actor=person(request))
    form = ChangeForm(request.POST)
    if not form.is_valid():
        return _record(request, row, submission_id, change_form=form)
    try:
        with access.open_scope(row, actor_id=person(request).pk, action=Action.CHANGE) as scope:
            found: Submission = staff.row_in_scope(scope, submission_id)
            done = change_answer(row=found, field=form.cleaned_data["field"], text=form.cleaned_data["text"])
    except ConsentError:
        messages.warning(request, _("There is no permission for changing, or it has ended. Nothing was changed."))
        return redirect("support:session", row.id)
    except Refusals as refused:  # the field's own words
        form.add_error("text", refused.errors[form.cleaned_data["field"]])
        return _record(request, row, submission_id, change_form=form)
    except (NotCorrectable, vault.VaultError):
        form.add_error("text", _("This answer can't be changed."))
        return _record(request, row, submission_id, change_form=form)
    if done:
        messages.success(
            request, _("Changed. The customer's log holds what it was and what it became, as fingerprints.")
        )
    else:
        messages.warning(request, _("Nothing was changed."))
    return redirect("support:record", row.id, submission_id)
