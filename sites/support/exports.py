"""Exports inside a look-in: ordered here, written by the exporter under its own login, fetched while it lasts."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.views.settings import person
from privacy.models import Action
from privacy.selectors import staff
from privacy.services import access
from privacy.services.refusals import ConsentError
from sites.services.export_consented import read_consented_export
from sites.support.views import ended
from webanizr.core import storage
from webanizr.core.models import Job
from webanizr.core.permissions import requires


@requires("staff")
@require_POST
def order(request: HttpRequest, session_id: uuid.UUID) -> HttpResponse:
    """Let the exporter write what the session covers."""
    row = staff.access_session(session_id, actor=person(request))
    try:
        access.order_export(session=row, actor=person(request))
    except ConsentError:
        messages.warning(request, _("There is no permission for exporting, or it has ended. Nothing was exported."))
    else:
        messages.success(request, _("Ordered. The customer is told, and it is in their log."))
    return redirect("support:session", row.id)


@requires("staff")
@require_safe
def download(request: HttpRequest, session_id: uuid.UUID, job_id: uuid.UUID) -> HttpResponse:
    """The file, as long as the session lasts."""
    row = staff.access_session(session_id, actor=person(request))
    try:
        with access.open_scope(row, actor_id=person(request).pk, action=Action.EXPORT) as scope:
            found = next((each for each in staff.exports_in_scope(scope) if each.id == job_id), None)
            if found is None or found.state != Job.State.DONE:
                raise Http404
            try:
                content = read_consented_export(scope, job_id)
            except storage.Missing as error:
                raise Http404 from error
    except ConsentError:
        return ended(request, row)
    response = HttpResponse(content, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="webanizr-{row.id.hex[:8]}.csv"'
    response.headers["Cache-Control"] = "no-store"
    return response
