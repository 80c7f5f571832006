"""Asking to be erased: what goes and what stays, seven days to reconsider or at once, after confirming who you are."""

from __future__ import annotations

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods, require_POST

from accounts.erasing import owned_alone
from accounts.forms import EraseForm
from accounts.models import Membership, Role, User
from accounts.views.confirm import fresh
from privacy.datamap import Scope
from privacy.erasure import certificate
from privacy.selectors.erasure import open_request
from privacy.selectors.preview import outside, preview
from privacy.services.erasure import COOLING_OFF, ErasureError, request_erasure, start_now
from webanizr.core.permissions import requires

ONLY_ME = "me"


def _scope(request: HttpRequest) -> Scope:
    """Return what this person erases here: an owner the account, or with ?only=me themselves; others themselves."""
    membership: Membership = request.membership  # type: ignore[attr-defined]  # set by the middleware
    only_me = membership.role != Role.OWNER or request.GET.get("only") == ONLY_ME
    return Scope.USER if only_me else Scope.ACCOUNT


@requires("reader")
@fresh
@require_http_methods(["GET", "POST"])
def erase(request: HttpRequest) -> HttpResponse:
    """Say what goes and what stays; take the request."""
    user, scope = request.user, _scope(request)
    assert isinstance(user, User)
    account = request.account  # type: ignore[attr-defined]  # set by the middleware
    subject = account.pk if scope is Scope.ACCOUNT else user.pk
    running = open_request(scope=scope, subject_id=subject)
    if running is not None:
        return redirect(certificate.link(running))
    form = EraseForm(request.POST or None)
    alone = owned_alone(user.pk) if scope is Scope.USER else []
    if request.method == "POST" and form.is_valid() and not alone:
        language = get_language() or account.language
        try:
            asked = request_erasure(
                scope=scope,
                subject_id=subject,
                account_id=account.pk if scope is Scope.ACCOUNT else None,
                actor_id=user.pk,
                contact={"name": user.name, "email": user.email, "language": language},
                now=timezone.now(),
                at_once=form.cleaned_data["when"] == "now",
            )
        except ErasureError:
            return redirect(request.get_full_path())
        return redirect(certificate.link(asked))
    context = {
        "form": form,
        "scope": scope.value,
        "alone": alone,
        "only_me": scope is Scope.ACCOUNT and account.pk not in {each.pk for each in owned_alone(user.pk)},
        "preview": preview(account.pk, user_id=user.pk) if scope is Scope.ACCOUNT else None,
        "outside": outside(),
        "begins": timezone.now() + COOLING_OFF,
        "nav": "settings",
        "section": "settings",
    }
    return render(request, "accounts/erase.html", context, status=422 if form.errors else 200)


@requires("reader")
@fresh
@require_POST
def erase_now(request: HttpRequest) -> HttpResponse:
    """Don't wait for the end of the seven days."""
    user, scope = request.user, _scope(request)
    assert isinstance(user, User)
    subject = request.account.pk if scope is Scope.ACCOUNT else user.pk  # type: ignore[attr-defined]  # our middleware
    running = open_request(scope=scope, subject_id=subject)
    if running is None:
        return redirect("accounts:erase")
    address = certificate.link(running)
    if "sure" not in request.POST:
        return redirect(address)
    try:
        start_now(request=running, now=timezone.now())
    except ErasureError:
        return redirect(address)
    logout(request)
    return redirect(address)
