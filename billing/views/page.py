"""What every billing page shares: who may open it, and that it is shown for the purpose of billing."""

from __future__ import annotations

import functools
from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.cache import never_cache

from accounts.models import Account, User
from billing import purpose
from webanizr.core.permissions import View, requires


def person(request: HttpRequest) -> User:
    """Return the signed-in person."""
    assert isinstance(request.user, User)
    return request.user


def account_of(request: HttpRequest) -> Account:
    """Return the open account."""
    account = request.account  # type: ignore[attr-defined]  # set by TenantMiddleware
    assert isinstance(account, Account)
    return account


def owners_page(view: View) -> View:
    """Decorate a view: owners only, never cached, and the database shows this account's billing rows while it runs."""

    @functools.wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        with purpose.billing():
            return view(request, *args, **kwargs)

    return requires("owner")(never_cache(guarded))


def say(request: HttpRequest, error: Exception) -> None:
    """Show why something wasn't done."""
    messages.error(request, str(error))
