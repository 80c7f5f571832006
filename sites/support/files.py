"""Files of visitors inside a look-in: one at a time, each look a line of the log of its own before it shows.

Pictures are drawn anew, so that nothing but what is to be seen leaves; a PDF goes to the browser's own reader. What
can't be shown safely isn't handed out: exporting is another permission.
"""

from __future__ import annotations

import io
import uuid

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.views.settings import person
from privacy.gate import LiveScope
from privacy.selectors import staff
from privacy.services import access
from privacy.services.refusals import ConsentError
from sites.models import Submission, Upload
from sites.selectors.inbox import Message, SentFile, open_message
from sites.services import assets, uploads
from sites.support.views import SHOWABLE, ended, frame
from webanizr.core import alarms, storage, vault
from webanizr.core.permissions import requires

WIDEST = 1600  # pixels
# A browser refuses to read a PDF in a sandbox; its reader is one itself, and nothing else may be loaded.
PDF_POLICY = "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'"
PICTURE_POLICY = "default-src 'none'; sandbox"


@requires("staff")
@require_POST
def open_file(
    request: HttpRequest, session_id: uuid.UUID, submission_id: uuid.UUID, file_id: uuid.UUID
) -> HttpResponse:
    """Write the look in the log; only the next request shows anything."""
    row = staff.access_session(session_id, actor=person(request))
    try:
        access.record_file_view(session=row, submission_id=submission_id, file_id=file_id, actor=person(request))
    except ConsentError:
        return redirect("support:session", row.id)  # it says what ended, or shows what is covered
    return redirect("support:file", row.id, submission_id, file_id)


def _found(scope: LiveScope, submission_id: uuid.UUID, file_id: uuid.UUID) -> tuple[Upload, Message, SentFile]:
    """Return the file's row, its submission and what it is called; raises Http404 for what isn't to be shown."""
    upload: Upload = staff.file_in_scope(scope, submission_id, file_id)
    found: Submission = staff.row_in_scope(scope, submission_id)
    message = open_message(found)
    for answer in message.answers:
        for sent in answer.files:
            if sent.id == str(file_id) and sent.kind in SHOWABLE:
                return upload, message, sent
    raise Http404


@requires("staff")
@require_safe
def file(request: HttpRequest, session_id: uuid.UUID, submission_id: uuid.UUID, file_id: uuid.UUID) -> HttpResponse:
    """One file in the frame of the look-in, if its look is in the log."""
    row = staff.access_session(session_id, actor=person(request))
    try:
        with access.open_scope(row, actor_id=person(request).pk) as scope:
            try:
                _upload, message, sent = _found(scope, submission_id, file_id)
            except Http404:
                messages.warning(request, _("Open this file from its submission: each look is written down first."))
                return redirect("support:session", row.id)
            context = {**frame(request, row), "message": message, "sent": sent, "live": True}
            response = render(request, "support/file.html", context)
    except ConsentError:
        return ended(request, row)
    response.headers["Cache-Control"] = "no-store"
    return response


@requires("staff")
@require_safe
def shown(request: HttpRequest, session_id: uuid.UUID, submission_id: uuid.UUID, file_id: uuid.UUID) -> HttpResponse:
    """The file itself: opened whole, shown by the browser, kept by no cache."""
    row = staff.access_session(session_id, actor=person(request))
    try:
        with access.open_scope(row, actor_id=person(request).pk) as scope:
            upload, _message, sent = _found(scope, submission_id, file_id)
            try:
                data = uploads.open_file(upload)
            except vault.Unavailable:
                return _plain(_("This file can't be opened just now. Try again in a minute."), 503)
            except (storage.Missing, vault.Unreadable):
                alarms.ring("unreadable: file", upload.id)
                return _plain(_("This file can't be opened: it is damaged or its key is gone."), 410)
    except ConsentError:
        return ended(request, row)
    if sent.kind == "pdf":
        return _shown(data, "application/pdf", PDF_POLICY)
    try:
        return _shown(*redrawn(data), PICTURE_POLICY)
    except assets.AssetError as error:
        return _plain(str(error), 415)


def redrawn(data: bytes) -> tuple[bytes, str]:
    """Return (bytes, content type) of a picture drawn anew, without metadata; raises assets.AssetError."""
    picture = assets.open_image(data).convert("RGBA")
    picture.thumbnail((WIDEST, WIDEST * 4))
    out = io.BytesIO()
    picture.save(out, "WEBP", quality=85, method=2)
    return out.getvalue(), "image/webp"


def _shown(data: bytes, kind: str, policy: str) -> HttpResponse:
    response = HttpResponse(data, content_type=kind)
    response.headers["Content-Disposition"] = "inline"
    response.headers["Content-Security-Policy"] = policy
    response.headers["Cache-Control"] = "no-store"
    return response


def _plain(text: str, status: int) -> HttpResponse:
    response = HttpResponse(text, content_type="text/plain; charset=utf-8", status=status)
    response.headers["Cache-Control"] = "no-store"
    return response
