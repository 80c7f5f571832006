"""From free to paid: the billing profile, how often to pay, and the payment request."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing import questions
from billing.forms import ProfileForm, PurchaseForm
from billing.models import BillingProfile, PaymentRequest
from billing.periods import period_end
from billing.plans import MONTH, PLANS, YEAR
from billing.selectors import (
    access_request,
    last_statement_at,
    profile_of,
    requested_cents,
    subscription_of,
    today,
)
from billing.services import files
from billing.services import requests as services
from billing.services.errors import BillingError
from billing.services.profiles import FIELDS, save_profile
from billing.services.sales import Quote, quote
from billing.views.page import account_of, owners_page, person, say, transfer_of
from billing.words import amount


def initial(profile: BillingProfile | None) -> dict[str, Any]:
    """Return what the form starts with."""
    if profile is None:
        return {"kind": BillingProfile.Kind.BUSINESS, "country": "NL"}
    return {name: getattr(profile, name) for name in FIELDS}


class QuestionsForm(forms.Form):
    """What other applications ask at the moment of paying (`billing.questions`)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for question in questions.QUESTIONS:
            self.fields[question.name] = forms.BooleanField(
                label=str(question.label), help_text=str(question.help), required=False
            )


@owners_page
@require_http_methods(["GET", "POST"])
def buy(request: HttpRequest, plan: str) -> HttpResponse:
    """Ask the details for on the invoice, and make the payment request."""
    chosen = PLANS.get(plan)
    if chosen is None or not chosen.paid:
        raise Http404
    account, actor = account_of(request), person(request)
    found = subscription_of(account.pk)
    if found is not None and found.state in ("active", "past_due", "suspended"):
        return redirect("billing:change", plan=plan)
    data = request.POST if request.method == "POST" else None
    start = MONTH if request.GET.get("per") == MONTH else YEAR
    profile = ProfileForm(data, initial=initial(profile_of(account.pk)))
    how = PurchaseForm(data, initial={"interval": start}, plan=chosen)
    asked = QuestionsForm(data)
    if data is not None and all([profile.is_valid(), how.is_valid(), asked.is_valid()]):
        save_profile(account_id=account.pk, values=profile.cleaned_data, actor=actor, now=timezone.now())
        for question in questions.QUESTIONS:
            question.answered(actor, asked.cleaned_data[question.name], timezone.now())
        try:
            made = services.purchase(
                account_id=account.pk,
                plan=plan,
                interval=how.cleaned_data["interval"],
                on_terms=how.cleaned_data.get("on_terms", False),
                actor=actor,
                now=today(),
            )
        except BillingError as error:
            say(request, error)
            return redirect("billing:plans")
        if made is None:
            messages.success(request, _("Your plan has started. The invoice comes by mail in a minute."))
            return redirect("billing:subscription")
        return redirect("billing:pay", request_id=made.pk)
    sums = {interval: quoted(account.pk, plan, interval) for interval in (YEAR, MONTH)}
    how.with_prices({interval: (found["net"], found["gross"]) for interval, found in sums.items()})
    context = {
        "plan": chosen,
        "profile": profile,
        "how": how,
        "asked": asked,
        "summaries": list(sums.items()),
        "nav": "subscription",
    }
    return render(request, "billing/buy.html", context, status=422 if data is not None else 200)


def quoted(account_id: uuid.UUID, plan: str, interval: str) -> dict[str, str]:
    """Return what a plan costs, in words: with the profile's VAT, or Dutch VAT before there is one."""
    profile = profile_of(account_id) or BillingProfile(kind="consumer", country="NL")
    now = today()
    found: Quote = quote(
        profile,
        plan=plan,
        interval=interval,
        net_cents=PLANS[plan].price(interval),
        start=now,
        end=period_end(now, interval, anchor_day=now.day),
        now=now,
    )
    return {
        "interval": interval,
        "line": found.lines[0].name,
        "net": amount(found.totals.net_cents),
        "rate": f"{found.rate.normalize():f}%".replace(".", ",") if found.treatment.taxed else "",
        "vat": amount(found.totals.vat_cents),
        "gross": amount(found.totals.gross_cents),
        "reason": found.treatment.reason(),
    }


@owners_page
@require_http_methods(["GET", "POST"])
def details(request: HttpRequest) -> HttpResponse:
    """Change the details for on coming invoices; those that were issued stay as they are."""
    account = account_of(request)
    profile = profile_of(account.pk)
    found = subscription_of(account.pk)
    if profile is None and (found is None or found.state not in ("active", "past_due")):
        return redirect("billing:plans")
    form = ProfileForm(request.POST or None, initial=initial(profile))
    if request.method == "POST" and form.is_valid():
        save_profile(account_id=account.pk, values=form.cleaned_data, actor=person(request), now=timezone.now())
        messages.success(request, _("Saved. It holds for your next invoices."))
        return redirect("billing:subscription")
    context = {"profile": form, "nav": "subscription"}
    return render(request, "billing/details.html", context, status=422 if request.method == "POST" else 200)


@owners_page
@require_safe
def pay(request: HttpRequest, request_id: uuid.UUID) -> HttpResponse:
    """Show a payment request: a code to scan, details to copy, and what happens next."""
    found = access_request(request_id)
    left = requested_cents(found)
    open_now = found.state == PaymentRequest.State.OPEN and left > 0
    context = {
        "asked": found,
        "plan": PLANS[found.plan],
        "open": open_now,
        "paid": amount(found.gross_cents - left) if left < found.gross_cents else "",
        "gross": amount(found.gross_cents),
        "net": amount(found.net_cents),
        "vat": amount(found.vat_cents),
        "rate": f"{found.vat_rate.normalize():f}%".replace(".", ","),
        "read_at": last_statement_at(),
        "nav": "subscription",
    }
    if open_now:
        context |= transfer_of(cents=left, rf=found.rf)
    return render(request, "billing/pay.html", context)


@owners_page
@require_safe
def pay_pdf(request: HttpRequest, request_id: uuid.UUID) -> HttpResponse:
    """Download a payment request as PDF."""
    found = files.request_pdf(access_request(request_id))
    if found is None:
        messages.info(request, _("This PDF is still being made. Try again in a minute."))
        return redirect("billing:pay", request_id=request_id)
    return files.download(found)


@owners_page
@require_POST
def cancel(request: HttpRequest, request_id: uuid.UUID) -> HttpResponse:
    """Take a purchase back before it is paid."""
    try:
        services.cancel_request(request=access_request(request_id), actor=person(request), now=today())
    except BillingError as error:
        say(request, error)
    else:
        messages.success(request, _("The payment request is cancelled. You don't have to pay anything."))
    return redirect("billing:subscription")
