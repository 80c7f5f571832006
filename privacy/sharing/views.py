"""The page "Shared with": who may get what, what really left, and the switch for the statistics."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from privacy.connectors import matomo
from privacy.erasure import withdrawals
from privacy.sharing.selectors import receivers, shared_with
from webanizr.core import objections
from webanizr.core.permissions import requires


def _person(request: HttpRequest) -> uuid.UUID:
    person_id = request.user.pk
    assert isinstance(person_id, uuid.UUID)
    return person_id


@requires("signed_in")
@require_safe
def shared(request: HttpRequest) -> HttpResponse:
    """Show it all."""
    person_id = _person(request)
    number = request.GET.get("page", "1")
    page, lines = shared_with(person_id, page=int(number) if number.isdecimal() else 1)
    context = {
        "nav": "privacy",
        "tab": "shared",
        "page": page,
        "lines": lines,
        "newer": f"?page={page.previous_page_number()}" if page.has_previous() else "",
        "older": f"?page={page.next_page_number()}" if page.has_next() else "",
        "receivers": [
            (each, ", ".join(str(field.label) for field in each.fields), bool(each.objectable)) for each in receivers()
        ],
        "counted": not objections.among(matomo.PROCESSOR.key, [person_id]),
        "asked_not_to": request.headers.get("DNT") == "1" or request.headers.get("Sec-GPC") == "1",
    }
    return render(request, "privacy/shared.html", context)


@requires("signed_in")
@require_POST
def statistics(request: HttpRequest) -> HttpResponse:
    """Switch counting off or on for the person."""
    person_id = _person(request)
    if request.POST.get("count") == "yes":
        objections.allow(person_id=person_id, processor=matomo.PROCESSOR.key)
        messages.success(request, _("The pages you open are counted again."))
    else:
        withdrawals.object_to(person_id=person_id, processor=matomo.PROCESSOR.key)
        messages.success(request, _("The pages you open are no longer counted."))
    return redirect("sharing:shared")
