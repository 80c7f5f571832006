"""What staff see of the newsletter: numbers and states. They have no access to any address.

Two things they may do: let rows that gave up try again, and release a comparison that is held.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.staff_admin import site
from newsletters import selectors
from newsletters.services import staff


def figures() -> dict[str, Any]:
    """Return all numbers of the page."""
    return {
        "audience": selectors.audience_figures(),
        "suppressed": selectors.suppression_figures(),
        **selectors.sync_figures(now=timezone.now()),
    }


@require_http_methods(["GET", "POST"])
def _newsletter(request: HttpRequest) -> HttpResponse:
    """Who would get a newsletter, how the platform keeps step, and what drifted: by count."""
    if request.method == "POST":
        if request.POST.get("action") == "retry":
            n = staff.try_again(now=timezone.now())
            messages.success(request, _("%(n)s people are tried again.") % {"n": n})
        elif request.POST.get("action") == "release":
            staff.release(now=timezone.now())
            messages.success(request, _("The comparison goes on within a minute."))
        return redirect("newsletter")
    return render(
        request, "staff/newsletter.html", {**site.each_context(request), "title": _("Newsletter"), **figures()}
    )


newsletter = site.admin_view(_newsletter)
newsletter.admin_site = site  # type: ignore[attr-defined]  # as Django marks its own, for who lists the addresses
