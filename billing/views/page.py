"""What every billing page shares: who may open it, and that it is shown for the purpose of billing."""

from __future__ import annotations

import functools
from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from accounts.models import Account, User
from billing import purpose, seller
from billing.references import epc_svg, grouped
from billing.words import amount
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


def transfer_of(*, cents: int, rf: str) -> dict[str, Any]:
    """Return what `billing/transfer.html` shows of a transfer to us: a code to scan and details to copy."""
    title = _("Code to pay %(amount)s by bank transfer") % {"amount": amount(cents)}
    drawn = epc_svg(name=seller.account_name(), iban=seller.iban(), cents=cents, rf=rf, title=title)
    return {
        "code": mark_safe(drawn),  # noqa: S308  # segno's own; the title is escaped
        "left": amount(cents),
        "iban": grouped(seller.iban()),
        "payee": seller.account_name(),
        "rf": grouped(rf),
    }
