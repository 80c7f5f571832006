"""Subscribing and confirming, for everybody. Opening a link changes nothing, a button does: scanners open links."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from newsletters.forms import AddressForm, SubscribeForm
from newsletters.services import erasure, subscribe
from newsletters.tokens import BadToken, Purpose
from newsletters.wording import SOURCES
from webanizr.core import errors, ratelimit
from webanizr.core.permissions import requires

PER_NETWORK, WINDOW = 30, 600
FIRST_TOPIC = "tips"  # ticked at first


def too_often(request: HttpRequest) -> HttpResponse | None:
    """Return the answer for a network that posts too often, else None."""
    network = ratelimit.ip_prefix(ratelimit.client_address(request.META))
    wait = ratelimit.hit("newsletter-door", network, limit=PER_NETWORK, seconds=WINDOW)
    if not wait:
        return None
    return errors.too_many(request, seconds=wait, message=_("That was too often. Wait a moment and try again."))


def private(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Decorate a page behind a mailed link: not kept, not indexed, and a link that no longer works has its own page."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            response = view(request, *args, **kwargs)
        except BadToken:
            response = render(request, "newsletters/gone.html", {"form": AddressForm()}, status=404)
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Robots-Tag"] = "noindex"
        return response

    return guarded


@requires("public")
@require_http_methods(["GET", "POST"])
def subscribe_page(request: HttpRequest) -> HttpResponse:
    """Ask for the newsletter with an address."""
    if request.method == "GET":
        form = SubscribeForm(initial={"topics": [FIRST_TOPIC]})
        return render(request, "newsletters/subscribe.html", {"form": form, "own_page": True, "nav": "newsletter"})
    refused = too_often(request)
    if refused is not None:
        return refused
    form = SubscribeForm(request.POST)
    if not form.is_valid():
        return render(
            request, "newsletters/subscribe.html", {"form": form, "own_page": True, "nav": "newsletter"}, status=422
        )
    source = request.POST.get("source", "page")
    subscribe.subscribe(
        address=form.cleaned_data["email"],
        topics=form.cleaned_data["topics"],
        language=get_language() or "nl",
        source=source if source in SOURCES else "page",
        now=timezone.now(),
    )
    return _sent(request, form.cleaned_data["email"])


@requires("public")
@require_http_methods(["GET", "POST"])
def link_page(request: HttpRequest) -> HttpResponse:
    """Ask for the link to one's preferences, when the mail is gone."""
    form = AddressForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        refused = too_often(request)
        if refused is not None:
            return refused
        if form.is_valid():
            erasure.mail_preferences(address=form.cleaned_data["email"])
            return _sent(request, form.cleaned_data["email"], preferences=True)
    status = 422 if request.method == "POST" else 200
    return render(
        request, "newsletters/link.html", {"form": form, "own_page": True, "nav": "newsletter"}, status=status
    )


def _sent(request: HttpRequest, address: str, *, preferences: bool = False) -> HttpResponse:
    """Answer in the same way for every address, known or not."""
    return render(request, "newsletters/sent.html", {"address": address, "preferences": preferences, "own_page": True})


@requires("public")
@private
@require_http_methods(["GET", "POST"])
def confirm_page(request: HttpRequest, token: str) -> HttpResponse:
    """Show what would be confirmed; the button confirms it."""
    now = timezone.now()
    asked = (subscribe.confirm if request.method == "POST" else subscribe.requested)(token=token, now=now)
    context = {"asked": asked, "own_page": True, "names": _(" and ").join(topic.name for topic in asked.topics)}
    if request.method == "POST" or asked.confirmed:
        context["preferences"] = subscribe.link(Purpose.PREFERENCES, asked.contact.id)
        return render(request, "newsletters/confirmed.html", context)
    return render(request, "newsletters/confirm.html", context)
