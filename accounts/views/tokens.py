"""Personal tokens for the API: make, see once, revoke."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts import selectors
from accounts.forms import TokenForm
from accounts.models import ApiToken
from accounts.services import tokens as services
from accounts.views.confirm import fresh
from accounts.views.settings import person
from webanizr.core.permissions import requires


@requires("editor")
@never_cache
@fresh
@require_http_methods(["GET", "POST"])
def tokens(request: HttpRequest) -> HttpResponse:
    """Your tokens in this account; a new one's words are shown in the answer to the form, and never again."""
    form = TokenForm(request.POST or None)
    words = ""
    if request.method == "POST" and form.is_valid():
        _token, words = services.create_token(
            name=form.cleaned_data["name"],
            scopes=form.cleaned_data["scopes"],
            days=form.cleaned_data["days"],
            actor=person(request),
        )
        form = TokenForm()
    context = {
        "form": form,
        "words": words,
        "tokens": ApiToken.objects.filter(user=person(request)).order_by("-created_at"),
        "nav": "settings",
        "section": "tokens",
    }
    return render(
        request, "accounts/tokens.html", context, status=422 if request.method == "POST" and not words else 200
    )


@requires("editor")
@require_POST
def revoke(request: HttpRequest, token_id: uuid.UUID) -> HttpResponse:
    """Stop a token."""
    services.revoke_token(token=selectors.access_token(token_id, user=person(request)), actor=person(request))
    messages.success(request, _("The token no longer works."))
    return redirect("accounts:tokens")
