"""The staff's board of erasures: deadline, cause, trying again. Numbers and states; nobody is named."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from privacy.models import ErasureStep
from privacy.selectors.board import board as lanes_of
from privacy.services.erasure import nudge


@require_safe
def board(request: HttpRequest) -> HttpResponse:
    """Show every open erasure, and those that ended this month."""
    lanes = lanes_of(timezone.now())
    names = {
        "still": _("Stands still"),
        "busy": _("Being erased"),
        "waiting": _("Time to reconsider"),
        "done": _("Done, 30 days"),
    }
    context = {"title": _("Erasures"), "lanes": [(names[key], key, lanes[key]) for key in names]}
    return render(request, "staff/erasures.html", context)


@require_POST
def retry(request: HttpRequest, request_id: uuid.UUID) -> HttpResponse:
    """Let the steps that wait try again now."""
    waiting = ErasureStep.objects.filter(request_id=request_id, state__in=["blocked", "retry", "submitted"])
    waiting.exclude(kind="recheck").update(due_at=timezone.now())
    nudge()
    messages.success(request, _("The steps that stood still try again now."))
    return redirect("erasures")
