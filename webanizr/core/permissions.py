"""Who may open what: one decorator per view, one level per method, readable by the test that lists every address."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from rest_framework.permissions import BasePermission

from webanizr.core import errors

if TYPE_CHECKING:  # the views import this module through their settings
    from rest_framework.request import Request
    from rest_framework.views import APIView

# Each level includes the ones before it. "staff" and "step_up" live in the staff service.
LEVELS = ("public", "signed_in", "reader", "editor", "owner")
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
