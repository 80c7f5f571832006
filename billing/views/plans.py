"""The plans and their prices: public, and the same page for who chooses one."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from billing.money import vat_cents
from billing.plans import FREE, MEGABYTE, MONTH, PLANS, YEAR, Plan
from billing.selectors import plan_of, rate_of, today
from billing.vat import HOME
from billing.words import amount, short_amount
from webanizr.core.permissions import requires


@dataclass(frozen=True)
class Offer:
    """A plan as it is shown."""

    plan: Plan
    price: str
    gross: str
    points: list[str]
    current: bool


def points(plan: Plan) -> list[str]:
    """Return what a plan gives, in words."""
    limits = plan.limits
    sites = ngettext("%(n)s website", "%(n)s websites", limits.sites) % {"n": limits.sites}
    found = [
        _("%(sites)s on yourname.%(domain)s") % {"sites": sites, "domain": settings.SITES_DOMAIN},
        _("%(n)s messages kept") % {"n": number_format(limits.submissions, force_grouping=True)},
        ngettext("%(n)s person in your team", "%(n)s people in your team", limits.members) % {"n": limits.members},
        _("Receive files of up to %(n)s MB") % {"n": limits.upload_bytes // MEGABYTE},
    ]
    return [*found, _("On invoice, with a term to pay")] if plan.terms else [*found, _("All privacy functions")]


@requires("public")
@require_safe
def plans(request: HttpRequest) -> HttpResponse:
    """Show the plans, by month or by year."""
    interval = MONTH if request.GET.get("per") == MONTH else YEAR
    account = getattr(request, "account", None)
    now = plan_of(account.pk) if account is not None else None
    rate = rate_of(HOME, today())
    offers = [
        Offer(
            plan=plan,
            price=short_amount(plan.price(interval)),
            gross=amount(plan.price(interval) + vat_cents(plan.price(interval), rate)),
            points=points(plan),
            current=plan is now,
        )
        for plan in PLANS.values()
    ]
    context = {"offers": offers, "interval": interval, "free": FREE, "nav": "plans", "now": now}
    return render(request, "billing/plans.html", context)
