"""Who may open what: one decorator per view, one level per method, readable by the test that lists every address."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from rest_framework.permissions import BasePermission

from webanizr.core import errors

if TYPE_CHECKING:  # the views import this module through their settings
    from rest_framework.request import Request
    from rest_framework.views import APIView

# Each level includes the ones before it.
LEVELS = ("public", "signed_in", "reader", "editor", "owner")
# The staff service's own: somebody of the staff table who used a second factor in this session, or just now.
STAFF_LEVELS = ("staff", "step_up")
STEP_UP_SECONDS = 5 * 60
KEPT = "kept_words"  # in the session
ROLE_LEVEL = {"reader": 2, "editor": 3, "owner": 4}

View = Callable[..., HttpResponseBase]


def level_of(request: HttpRequest) -> int:
    """Return how much the person of this request may do, as an index into LEVELS."""
    membership = getattr(request, "membership", None)
    if membership is not None:
        return ROLE_LEVEL[membership.role]
    user = getattr(request, "user", None)  # the hosting service knows no people
    return 1 if user is not None and user.is_authenticated else 0


def requires(level: str) -> Callable[[View], View]:
    """Decorate a view: only who has `level` gets in.

    Anonymous people are sent to sign in (their scripts get 401), people without an account to the start, others get 403
    with the reason.
    """
    if level in STAFF_LEVELS:
        return _requires_staff(level)
    wanted = LEVELS.index(level)

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            have = level_of(request)
            if have >= wanted:
                return view(request, *args, **kwargs)
            if have == 0 and errors.wants_json(request):  # a script must not take the sign-in page for an answer
                return errors.page(request, 401, message=_("You are signed out. Sign in again."))
            if have == 0:
                return redirect_to_login(request.get_full_path())
            if have == 1:
                return redirect("dashboard")
            raise PermissionDenied(_("Your role in this account doesn't allow this. Ask an owner for access."))

        guarded.required_level = level  # type: ignore[attr-defined]  # read by the permission matrix
        return guarded

    return decorate


def _requires_staff(level: str) -> Callable[[View], View]:
    """Decorate a view of the staff service; a customer gets 403, staff without a second factor their way to it."""

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            if getattr(request, "staff", None) is None:
                raise PermissionDenied(_("This service is for people who work at Webanizr."))
            used_at = getattr(request, "key_used_at", None)
            fresh = used_at is not None and time.time() - used_at < STEP_UP_SECONDS
            if used_at is None or (level == "step_up" and not fresh):
                back = request.get_full_path()
                if request.method == "POST":  # nothing typed is lost: the page finds it through `kept`
                    words = {k: v for k, v in request.POST.items() if k != "csrfmiddlewaretoken"}
                    request.session[KEPT] = {"path": request.path, "words": words}
                where = reverse("staff_key" if used_at is None else "staff_step_up")
                return redirect(f"{where}?{urlencode({'next': back})}")
            return view(request, *args, **kwargs)

        guarded.required_level = level  # type: ignore[attr-defined]  # read by the permission matrix
        return guarded

    return decorate


def kept(request: HttpRequest) -> dict[str, str] | None:
    """Return, once, what was typed on this very page before a second factor was asked; None when nothing was."""
    found: dict[str, Any] | None = request.session.get(KEPT)
    if found is None or found["path"] != request.path:
        return None
    del request.session[KEPT]
    words: dict[str, str] = found["words"]
    return words


class LevelPermission(BasePermission):
    """DRF's side of the same rule: views name `required_level` per method, and the `scope` that a token needs."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Whether this request's person and token may call the view."""
        levels: dict[str, str] | str = getattr(view, "required_level", "owner")
        level = levels if isinstance(levels, str) else levels.get(request.method or "", "owner")
        if level_of(request._request) < LEVELS.index(level):
            return False
        token = getattr(request._request, "api_token", None)
        scope = getattr(view, "scope", None)
        if token is None or scope is None:
            return token is None or level == "public"
        wanted = f"{scope}:{'read' if request.method in ('GET', 'HEAD', 'OPTIONS') else 'write'}"
        return wanted in token.scopes
