"""The inbox: list, one message, and what can be done with them. Works without JavaScript."""

from __future__ import annotations

import uuid
from dataclasses import replace
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header, url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Role
from accounts.views.settings import person
from sites.fields.filekinds import TYPES
from sites.inbox.forms import BulkForm, filter_from
from sites.inbox.lines import lines
from sites.selectors import inbox as selectors
from sites.selectors import search
from sites.selectors.shown import shown, within
from sites.services import inbox as services
from sites.services import uploads
from webanizr.core import alarms, storage, vault
from webanizr.core.permissions import requires

UNDO = {"delete": "restore", "restore": "delete", "read": "unread", "unread": "read"}


@requires("reader")
@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    """A page of messages: of a folder, of a form, with certain words."""
    chosen, asked = filter_from(request.GET)
    listing = selectors.listing(chosen, before=request.GET.get("before", ""), after=request.GET.get("after", ""))
    query = {"folder": chosen.folder, "form": str(chosen.form or ""), "q": asked}
    query = {name: value for name, value in query.items() if value}
    counts = selectors.counts()
    # nothing found because of a filter: say how many there are without it
    wider = replace(chosen, folder="everywhere", form=None)
    all_found = within(selectors.submissions(wider), "everywhere")
    context = {
        "listing": listing,
        "lines": lines(listing.messages),
        "filter": chosen,
        "asked": asked,
        "elsewhere": all_found.count() if asked and not listing.messages else 0,
        "shown": shown(),
        "about_person": bool(search.identifying([asked])) and bool(listing.messages),
        "forms": selectors.forms(),
        "counts": counts,
        "unread_count": counts["unread"],  # for the page's frame, which would ask again
        "folders": [
            ("all", _("All"), 0),
            ("unread", _("Unread"), counts["unread"]),
            ("quarantine", _("Quarantine"), counts["quarantine"]),
            ("trash", _("Trash"), counts["trash"]),
        ],
        "query": urlencode(query),
        "kept": urlencode({name: value for name, value in query.items() if name != "folder"}),
        "here": request.get_full_path(),
        "undo": request.session.pop("undo", None),
        "nav": "inbox",
    }
    return render(request, "inbox/list.html", context)


@requires("reader")
@require_safe
def show(request: HttpRequest, submission_id: uuid.UUID) -> HttpResponse:
    """One message, opened: it counts as read from now on."""
    row = selectors.access_submission(submission_id)
    services.mark_read(submission=row, actor=person(request))
    newer, older = selectors.neighbours(row)
    message = selectors.open_message(row)
    context = {
        "message": message,
        "may_correct": bool(message.answers) and request.membership.role != Role.READER,  # type: ignore[attr-defined]  # our middleware
        "has_person": bool(message.answers) and bool(search.terms_of_sender(row)),
        "newer": newer,
        "older": older,
        "undo": request.session.pop("undo", None),
        "nav": "inbox",
    }
    return render(request, "inbox/show.html", context)


@requires("reader")
@require_safe
def file(request: HttpRequest, submission_id: uuid.UUID, file_id: uuid.UUID) -> HttpResponse:
    """A file that came with a message, opened whole before any of it is sent; saved, never shown by the browser."""
    upload, sent = selectors.access_upload(submission_id, file_id)
    try:
        data = uploads.open_file(upload)
    except vault.Unavailable:
        messages.warning(request, _("This file can't be opened just now. Try again in a minute."))
        return redirect("inbox:show", submission_id)
    except (storage.Missing, vault.Unreadable):
        alarms.ring("unreadable: file", upload.id)
        messages.error(request, _("This file can't be opened. Ask us for help; the message itself is still there."))
        return redirect("inbox:show", submission_id)
    return download(data, sent)


def download(data: bytes, sent: selectors.SentFile) -> HttpResponse:
    """Answer with a file of a stranger's: saved under its own name, run by nobody, kept by no cache."""
    # a kind that we took once and don't take any more is still the customer's: bytes that no browser opens
    response = HttpResponse(data, content_type=TYPES.get(sent.kind, "application/octet-stream"))
    response.headers["Content-Disposition"] = content_disposition_header(True, sent.name) or "attachment"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "no-store"
    return response


@requires("reader")
@require_POST
def bulk(request: HttpRequest) -> HttpResponse:
    """Do something to chosen messages; the next page says what was done and offers the way back."""
    form = BulkForm(request.POST)
    back = request.POST.get("next", "")
    if not (back.startswith("/") and url_has_allowed_host_and_scheme(back, allowed_hosts=None)):
        back = reverse("inbox:list")
    ids = form.ids()
    if not form.is_valid() or not ids:
        messages.warning(request, _("Choose one or more messages first."))
        return redirect(back)
    action = form.cleaned_data["action"]
    count = services.change(ids=ids, action=action, actor=person(request))
    request.session["undo"] = {
        "text": _words(action, count),
        "action": UNDO.get(action, ""),
        "ids": [str(each) for each in ids],
    }
    return redirect(back)


def _words(action: str, n: int) -> str:
    words = {
        "read": ngettext("%(n)s message is read.", "%(n)s messages are read.", n),
        "unread": ngettext("%(n)s message is unread again.", "%(n)s messages are unread again.", n),
        "delete": ngettext("%(n)s message is in the trash.", "%(n)s messages are in the trash.", n),
        "restore": ngettext("%(n)s message is back.", "%(n)s messages are back.", n),
        "release": ngettext("%(n)s message is in the inbox.", "%(n)s messages are in the inbox.", n),
    }
    return words[action] % {"n": n}
