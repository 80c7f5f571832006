"""The subscription: what runs, what it costs, changing it, cancelling in two clicks, withdrawing, invoices."""

from __future__ import annotations

import uuid
from typing import Any

from django.apps import apps
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import Account, Membership
from billing.forms import AccountNumberForm
from billing.models import Refund, Subscription
from billing.periods import period_end, unused_cents
from billing.plans import FREE, MONTH, PLANS, YEAR
from billing.selectors import (
    access_refund,
    effective_plan,
    invoices_of,
    open_request_of,
    profile_of,
    refunds_of,
    subscription_of,
    today,
)
from billing.services import sales, subscriptions
from billing.services.errors import BillingError
from billing.services.refunds import give_iban
from billing.views.page import account_of, owners_page, person, say
from billing.words import amount

State = Subscription.State


def usage(account: Account, found: Subscription | None) -> list[tuple[str, int, int]]:
    """Return (what, used, most) for the bars. `sites` stands above this application, so it is asked by label."""
    limits = effective_plan(found).limits
    sites: Any = apps.get_model("sites", "Site")
    messages_: Any = apps.get_model("sites", "Submission")
    return [
        (_("Websites"), sites.objects.count(), limits.sites),
        (_("Messages kept"), messages_.objects.filter(deleted_at=None).count(), limits.submissions),
        (_("People"), Membership.objects.filter(account=account).count(), limits.members),
    ]


@owners_page
@require_safe
def subscription(request: HttpRequest) -> HttpResponse:
    """Show the plan, how much of it is used, invoices, and the details on them."""
    account = account_of(request)
    found = subscription_of(account.pk)
    plan = effective_plan(found)
    price = ""
    profile = profile_of(account.pk)
    if found is not None and plan.paid and profile is not None and found.period_start and found.period_end:
        quoted = sales.quote(
            profile,
            plan=found.plan,
            interval=found.interval,
            net_cents=found.net_cents,
            start=found.period_start,
            end=found.period_end,
            now=today(),
        )
        price = amount(quoted.totals.gross_cents)
    rows = invoices_of(account.pk)
    context = {
        "subscription": found,
        "plan": plan,
        "wanted": PLANS[found.plan] if found is not None else FREE,
        "next_plan": PLANS.get(found.next_plan) if found is not None else None,
        "larger": [other for other in PLANS.values() if other.rank > plan.rank],
        "price": price,
        "usage": usage(account, found),
        "waiting": open_request_of(account.pk),
        "rows": rows,
        "today": today(),
        "profile": profile,
        "refunds": refunds_of(account.pk),
        "running": found is not None and found.state in (State.ACTIVE, State.PAST_DUE),
        "nav": "subscription",
    }
    return render(request, "billing/subscription.html", context)


@owners_page
@require_http_methods(["GET", "POST"])
def change(request: HttpRequest, plan: str) -> HttpResponse:
    """Show what another plan or interval means, and do it: larger ones at once, all others from the next period."""
    chosen, account = PLANS.get(plan), account_of(request)
    found = subscription_of(account.pk)
    if chosen is None or not chosen.paid or found is None or found.state not in (State.ACTIVE, State.PAST_DUE):
        raise Http404
    interval = request.POST.get("per") or request.GET.get("per") or found.interval
    if interval not in (MONTH, YEAR):
        raise Http404
    larger = chosen.rank > PLANS[found.plan].rank
    profile = profile_of(account.pk)
    if profile is None:  # on a plan by hand so far
        messages.info(request, _("Fill in the details for on the invoice first."))
        return redirect("billing:details")
    if request.method == "POST":
        act = subscriptions.upgrade if larger else subscriptions.schedule
        try:
            act(account_id=account.pk, plan=plan, interval=interval, actor=person(request), now=today())
        except BillingError as error:
            say(request, error)
        else:
            said = (
                _("%(plan)s has started. The invoice comes by mail in a minute.")
                if larger
                else _("From your next period you have %(plan)s.")
            )
            messages.success(request, said % {"plan": chosen.name})
        return redirect("billing:subscription")
    now = today()
    lines: list[tuple[str, str]] = []
    totals: dict[str, str] = {}
    if found.period_start and found.period_end:
        start = now if larger else found.period_end
        unused = None
        if larger:
            cents = unused_cents(found.net_cents, start=found.period_start, end=found.period_end, on=now)
            unused = {
                "plan": found.plan,
                "cents": cents,
                "start": now.isoformat(),
                "end": found.period_end.isoformat(),
            }
        quoted = sales.quote(
            profile,
            plan=plan,
            interval=interval,
            net_cents=chosen.price(interval),
            start=start,
            end=period_end(start, interval, anchor_day=start.day if larger else found.anchor_day),
            now=now,
            unused=unused,
        )
        lines = [(line.name, amount(line.net_cents)) for line in quoted.lines]
        totals = {"vat": amount(quoted.totals.vat_cents), "gross": amount(quoted.totals.gross_cents)}
    context = {
        "plan": chosen,
        "subscription": found,
        "larger": larger,
        "interval": interval,
        "lines": lines,
        "totals": totals,
        "choices": [YEAR] if larger and found.interval == YEAR else [YEAR, MONTH],
        "nav": "subscription",
    }
    return render(request, "billing/change.html", context)


@owners_page
@require_http_methods(["GET", "POST"])
def cancel(request: HttpRequest) -> HttpResponse:
    """Cancel: the first click comes here, the second one does it. Withdrawing is beside it."""
    account = account_of(request)
    found = subscription_of(account.pk)
    if found is None or found.state not in (State.ACTIVE, State.PAST_DUE, State.SUSPENDED):
        return redirect("billing:subscription")
    if request.method == "POST":
        try:
            subscriptions.cancel(account_id=account.pk, actor=person(request), now=today())
        except BillingError as error:
            say(request, error)
        else:
            messages.success(request, _("Cancelled. We mailed you a confirmation."))
        return redirect("billing:subscription")
    usage_now = usage(account, None)
    context = {
        "subscription": found,
        "plan": PLANS[found.plan],
        "free": FREE,
        "ends_on": subscriptions.last_day(found, today()) if found.state != State.SUSPENDED else today(),
        "may_withdraw": subscriptions.may_withdraw(found, now=today()),
        "messages_kept": usage_now[1][1],
        "sites_kept": usage_now[0][1],
        "sites_over": usage_now[0][1] > FREE.limits.sites,
        "too_many": usage_now[1][1] > FREE.limits.submissions,
        "nav": "subscription",
    }
    return render(request, "billing/cancel.html", context)


@owners_page
@require_POST
def resume(request: HttpRequest) -> HttpResponse:
    """Take a cancellation or a planned change back: one click."""
    try:
        subscriptions.resume(account_id=account_of(request).pk, actor=person(request), now=today())
    except BillingError as error:
        say(request, error)
    else:
        messages.success(request, _("Taken back: your plan goes on as it was."))
    return redirect("billing:subscription")


@owners_page
@require_POST
def withdraw(request: HttpRequest) -> HttpResponse:
    """Withdraw from the purchase (consumers, 14 days)."""
    try:
        subscriptions.withdraw(account_id=account_of(request).pk, actor=person(request), now=today())
    except BillingError as error:
        say(request, error)
    else:
        messages.success(request, _("You withdrew from the purchase. We mailed you a confirmation."))
    return redirect("billing:subscription")


@owners_page
@require_http_methods(["GET", "POST"])
def refund(request: HttpRequest, refund_id: uuid.UUID) -> HttpResponse:
    """Ask where a refund goes, when we no longer know it."""
    found = access_refund(refund_id)
    if found.state != Refund.State.NEEDS_IBAN:
        return redirect("billing:subscription")
    form = AccountNumberForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            give_iban(
                refund=found,
                name=form.cleaned_data["name"],
                iban=form.cleaned_data["iban"],
                actor=person(request),
            )
        except BillingError as error:
            say(request, error)
        else:
            messages.success(request, _("Thank you. The money is there within 14 days of the credit note."))
        return redirect("billing:subscription")
    context = {"form": form, "amount": amount(found.cents), "nav": "subscription"}
    return render(request, "billing/refund.html", context, status=422 if request.method == "POST" else 200)
