"""Before something sensitive: a code by mail, unless the person signed in or typed one in the last 15 minutes."""

from __future__ import annotations

import functools
import time
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.crypto import constant_time_compare, get_random_string
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.adapter import CONFIRMED_AT
from accounts.forms import CodeForm
from accounts.models import User
from accounts.views.door import limited
from webanizr.core import mail, tenancy
from webanizr.core.permissions import View, requires

FRESH_SECONDS = 15 * 60
CODE_SECONDS = 10 * 60
TRIES = 3
STATE = "confirm"


def fresh(view: View) -> View:
    """Decorate a sensitive view: who confirmed too long ago types a code first, and comes back."""

    @functools.wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if time.time() - int(request.session.get(CONFIRMED_AT, 0)) < FRESH_SECONDS:
            return view(request, *args, **kwargs)
        back = request.get_full_path() if request.method == "GET" else reverse("accounts:settings")
        return redirect(f"{reverse('account_reauthenticate')}?{urlencode({'next': back})}")

    return guarded


def send_code(request: HttpRequest, user: User) -> None:
    """Mail a new code and remember it in the session."""
    code = get_random_string(6, "0123456789")
    request.session[STATE] = {"code": code, "at": int(time.time()), "tries": 0}
    mail.send(
        to=user.email,
        template="mail/code",
        context={"code": code, "name": user.name},
        account_id=tenancy.PLATFORM_ACCOUNT,
    )


def _next(request: HttpRequest) -> str:
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    safe = wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return wanted if safe else reverse("accounts:settings")


@requires("signed_in")
@limited
@require_http_methods(["GET", "POST"])
def confirm(request: HttpRequest) -> HttpResponse:
    """Type the code that was mailed just now."""
    assert isinstance(request.user, User)
    state = request.session.get(STATE)
    if state is None or time.time() - state["at"] > CODE_SECONDS or request.POST.get("action") == "resend":
        send_code(request, request.user)
        state = request.session[STATE]
        form = CodeForm()
    elif request.method == "POST":
        form = CodeForm(request.POST)
        if form.is_valid():
            if state["tries"] < TRIES and constant_time_compare(state["code"], form.cleaned_data["code"]):
                del request.session[STATE]
                request.session[CONFIRMED_AT] = int(time.time())
                return redirect(_next(request))
            state["tries"] += 1
            request.session[STATE] = state
            if state["tries"] >= TRIES:
                form.add_error("code", _("Too many wrong codes. Ask for a new one."))
            else:
                form.add_error("code", _("This code is not right. Look at the newest mail."))
    else:
        form = CodeForm()
    context = {
        "form": form,
        "code_email": request.user.email,
        "next": _next(request),
        "can_resend": True,
        "confirming": True,
    }
    return render(request, "accounts/code.html", context, status=422 if form.errors else 200)
