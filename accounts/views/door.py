"""Coming in: sign up, sign in by code, type the code, sign out. Around django-allauth's views, with our limits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from allauth.account import views as allauth
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from webanizr.core import errors, ratelimit
from webanizr.core.permissions import View, requires

WINDOW = 600  # seconds
PER_NETWORK = 60
PER_ADDRESS = 8


def limited(view: View) -> View:
    """Limit posts per network, and per address where one is given: 429 with the seconds to wait."""

    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method == "POST":
            network = ratelimit.ip_prefix(ratelimit.client_address(request.META))
            wait = ratelimit.hit("door", network, limit=PER_NETWORK, seconds=WINDOW)
            email = request.POST.get("email", "").strip().lower()
            if email and not wait:
                wait = ratelimit.hit("address", email, limit=PER_ADDRESS, seconds=WINDOW)
            if wait:
                return errors.too_many(
                    request, seconds=wait, message=_("That was too often. Your account is fine; wait a moment.")
                )
        return view(request, *args, **kwargs)

    return guarded


class LoginView(allauth.RequestLoginCodeView):  # type: ignore[misc]  # allauth has no types
    """Ask for a code by mail, or use a passkey."""

    template_name = "accounts/login.html"


class SignupView(allauth.SignupView):  # type: ignore[misc]  # allauth's base has no types
    """Name and e-mail address."""

    template_name = "accounts/signup.html"


class LoginCodeView(allauth.ConfirmLoginCodeView):  # type: ignore[misc]  # allauth's base has no types
    """Type the code that was mailed."""

    template_name = "accounts/code.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the address, the tries left and whether a new code may be asked for."""
        return {**super().get_context_data(**kwargs), **code_context(self._process)}


class SignupCodeView(allauth.ConfirmEmailVerificationCodeView):  # type: ignore[misc]  # allauth's base has no types
    """Type the code that was mailed after signing up."""

    template_name = "accounts/code.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the address, the tries left and whether a new code may be asked for."""
        return {**super().get_context_data(**kwargs), **code_context(self._process)}


def code_context(process: Any) -> dict[str, Any]:
    """Return what the code page shows of a verification that is under way."""
    failed = int(process.state["failed_attempts"])
    return {
        "code_email": process.state.get("email", ""),
        "tries_left": max(0, process.max_attempts - failed),
        "failed": failed,
        "can_resend": process.can_resend,
    }


def _public(view: Callable[..., HttpResponseBase]) -> View:
    return requires("public")(limited(view))


login = _public(LoginView.as_view())
signup = _public(SignupView.as_view())
login_code = _public(LoginCodeView.as_view())
signup_code = _public(SignupCodeView.as_view())
logout = requires("public")(allauth.LogoutView.as_view(template_name="accounts/logout.html"))
