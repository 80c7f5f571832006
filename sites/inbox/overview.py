"""The overview: is there something for me, what changed, what comes next."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import formats, timezone
from django.views.decorators.http import require_safe

from accounts.models import Membership, Role, User
from privacy.selectors import agreement, consent
from sites.selectors import dashboard as selectors
from sites.selectors import inbox, search
from webanizr.core.permissions import requires


@requires("public")
@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    """A stranger goes to sign up; who has no site yet to the three questions; others see their overview."""
    if not isinstance(request.user, User):
        return redirect("account_signup")
    membership: Membership | None = request.membership  # type: ignore[attr-defined]  # set by TenantMiddleware
    if membership is None:
        return render(request, "accounts/switch.html", {"memberships": [], "nav": "overview"})
    sites = selectors.sites()
    if not sites and membership.role != "reader":
        return redirect("sites:start")
    points = [(formats.date_format(day, "j b"), number) for day, number in inbox.per_day()]
    listing = inbox.listing(search.Filter(), size=4)
    steps = selectors.first_steps(sites)
    done = sum(step.done for step in steps)
    hour = timezone.localtime().hour
    context = {
        "sites": sites,
        "first_name": request.user.name.split(" ", 1)[0],
        "edit": next((step.url for step in steps if "/edit/" in step.url), ""),
        "points": points,
        "total": sum(number for _day, number in points),
        "listing": listing,
        "steps": steps,
        "steps_done": done,
        "next_step": next((step for step in steps if not step.done), None),
        "members": selectors.readers(membership.account),
        "part_of_day": "morning" if hour < 12 else "afternoon" if hour < 18 else "evening",
        "oldest": selectors.oldest_kept_until(),
        "asks": consent.open_requests(),
        "givens": consent.live_grants(),
        "glance": consent.glance(),
        "may_decide": membership.role == Role.OWNER,
        "agreement_waits": membership.role == Role.OWNER and agreement.accepted() is None,
        "here": request.path,
        "nav": "overview",
    }
    return render(request, "dashboard.html", context)
