"""What staff see of the newsletter: numbers and states. They have no access to any address.

Three things they may do: let rows that gave up try again, release a comparison that is held, and have somebody who
asks by mail or phone mailed the link to erase themselves.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from newsletters import selectors
from newsletters.forms import SubscriberForm
from newsletters.models import Drift, Reconcile, Suppression, SyncState
from newsletters.services import staff
from webanizr.core.permissions import requires

# What the page calls the codes of the tables.
STATES = {
    SyncState.State.PENDING: _lazy("waits to be sent"),
    SyncState.State.IN_SYNC: _lazy("in step"),
    SyncState.State.PENDING_ERASE: _lazy("waits to be erased there"),
    SyncState.State.ERASED: _lazy("erased there"),
    SyncState.State.NEEDS_FORM: _lazy("has to come back through the platform's own form"),
    SyncState.State.ERROR: _lazy("refused by the platform; we gave up"),
}
RUNS = {
    Reconcile.State.RUNNING: _lazy("running"),
    Reconcile.State.DONE: _lazy("done"),
    Reconcile.State.HELD: _lazy("held"),
    Reconcile.State.FAILED: _lazy("failed"),
}
DRIFTS = {
    Drift.Kind.STRANGER: _lazy("unknown here"),
    Drift.Kind.REAPPEARED: _lazy("came back after erasing"),
    Drift.Kind.NOT_ENTITLED: _lazy("may get nothing"),
    Drift.Kind.MISSING: _lazy("missing there"),
    Drift.Kind.UNSUBSCRIBED: _lazy("unsubscribed there"),
    Drift.Kind.DIFFERS: _lazy("other topics or language"),
}
REASONS = {
    Suppression.Reason.BOUNCE: _lazy("Mail came back"),
    Suppression.Reason.COMPLAINT: _lazy("Reported as spam"),
    Suppression.Reason.ERASED: _lazy("Erased"),
    Suppression.Reason.WITHDRAWN: _lazy("Unsubscribed from everything"),
    Suppression.Reason.MANUAL: _lazy("Put here by hand"),
}


def figures() -> dict[str, Any]:
    """Return all numbers of the page, with words for the codes."""
    found = selectors.sync_figures(now=timezone.now())
    return {
        **found,
        "audience": selectors.audience_figures(),
        "suppressed": [(REASONS.get(reason, reason), n) for reason, n in selectors.suppression_figures()],
        "states": [(provider, state, STATES.get(state, state), n) for provider, state, n in found["states"]],
        "errors": [(STATES.get(state, state), code, n) for state, code, n in found["errors"]],
        "runs": [
            (run, RUNS.get(run.state, run.state), [(DRIFTS.get(kind, kind), *counts) for kind, counts in drifts])
            for run, drifts in found["runs"]
        ],
    }


@requires("staff")
@require_http_methods(["GET", "POST"])
def newsletter(request: HttpRequest) -> HttpResponse:
    """Who would get a newsletter, how the platform keeps step, and what drifted: by count."""
    if request.method == "POST":
        if request.POST.get("action") == "retry":
            n = staff.try_again(now=timezone.now())
            words = ngettext("%(n)s person is tried again.", "%(n)s people are tried again.", n) % {"n": n}
            messages.success(request, words)
        elif request.POST.get("action") == "release":
            staff.release(now=timezone.now())
            messages.success(request, _("The comparison goes on within a minute."))
        elif request.POST.get("action") == "erase":
            form = SubscriberForm(request.POST)
            if not form.is_valid():
                return _page(request, form, status=422)
            staff.mail_erase_link(address=form.cleaned_data["email"])
            messages.success(request, _("If this is a subscriber, the link to erase themselves is on its way to them."))
        return redirect("newsletter")
    return _page(request, SubscriberForm())


def _page(request: HttpRequest, form: SubscriberForm, *, status: int = 200) -> HttpResponse:
    return render(request, "console/newsletter.html", {"nav": "newsletter", "form": form, **figures()}, status=status)
