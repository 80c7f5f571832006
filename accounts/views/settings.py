"""Settings: name and account, e-mail address, safety, and which account is open."""

from __future__ import annotations

import uuid

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts import selectors
from accounts.forms import AccountForm, CodeForm, EmailForm, ProfileForm
from accounts.middleware import enter
from accounts.models import Account, Role, User
from accounts.services import accounts, address, sign_ins
from accounts.views.confirm import fresh
from webanizr.core.permissions import requires

PENDING = "pending_address"


def person(request: HttpRequest) -> User:
    """Return the signed-in person; views that call it require one."""
    assert isinstance(request.user, User)
    return request.user


def account_of(request: HttpRequest) -> Account:
    """Return the open account; views that call it require one."""
    account = request.account  # type: ignore[attr-defined]  # set by TenantMiddleware
    assert isinstance(account, Account)
    return account


@requires("reader")
@require_http_methods(["GET", "POST"])
def settings(request: HttpRequest) -> HttpResponse:
    """Your name; for an owner also the account's name and the language of mails."""
    user, account = person(request), account_of(request)
    owner = request.membership.role == Role.OWNER  # type: ignore[attr-defined]  # our middleware
    posted = request.POST.get("form") if request.method == "POST" else None
    # fresh copies, so that a refused value doesn't show up elsewhere on the page
    profile = ProfileForm(request.POST if posted == "profile" else None, initial={"name": user.name}, prefix="profile")
    business = AccountForm(
        request.POST if posted == "account" else None,
        initial={"name": account.name, "language": account.language},
        prefix="account",
    )
    if posted == "profile" and profile.is_valid():
        accounts.rename_user(name=profile.cleaned_data["name"], actor=user)
        messages.success(request, _("Saved."))
        return redirect("accounts:settings")
    if posted == "account" and owner and business.is_valid():
        accounts.rename_account(
            account=account,
            name=business.cleaned_data["name"],
            language=business.cleaned_data["language"],
            actor=user,
        )
        messages.success(request, _("Saved."))
        return redirect("accounts:settings")
    return render(
        request,
        "accounts/settings.html",
        {"profile": profile, "business": business, "owner": owner, "nav": "settings", "section": "settings"},
        status=422 if posted else 200,
    )


@requires("reader")
@fresh
@require_http_methods(["GET", "POST"])
def email(request: HttpRequest) -> HttpResponse:
    """Change the address: ask, then type the code from the new one."""
    user = person(request)
    pending = request.session.get(PENDING)
    form, code_form = EmailForm(), CodeForm()
    status = 200
    action = request.POST.get("action", "")
    if action == "ask":
        form = EmailForm(request.POST)
        if form.is_valid() and form.cleaned_data["email"] == user.email:
            form.add_error("email", _("This is the address you already have."))
        if form.is_valid():
            request.session[PENDING] = address.ask(email=form.cleaned_data["email"], actor=user)
            return redirect("accounts:email")
        status = 422
    elif action == "cancel":
        request.session.pop(PENDING, None)
        return redirect("accounts:email")
    elif action == "confirm" and pending:
        code_form = CodeForm(request.POST)
        if code_form.is_valid():
            try:
                address.confirm(pending=pending, code=code_form.cleaned_data["code"], actor=user)
            except address.AddressError as error:
                request.session[PENDING] = pending
                code_form.add_error("code", str(error))
            else:
                del request.session[PENDING]
                messages.success(request, _("From now on you sign in with this address."))
                return redirect("accounts:email")
        status = 422
    context = {"form": form, "code_form": code_form, "pending": pending, "nav": "settings", "section": "email"}
    return render(request, "accounts/email.html", context, status=status)


@requires("public")
@require_http_methods(["GET", "POST"])
def email_undo(request: HttpRequest, token: str) -> HttpResponse:
    """Put the former address back, from the mail to the old address."""
    if request.method == "GET":
        return render(request, "accounts/email_undo.html", {})
    try:
        address.undo(token=token)
    except address.AddressError as error:
        return render(request, "accounts/email_undo.html", {"error": str(error)}, status=422)
    return render(request, "accounts/email_undo.html", {"done": True})


@requires("reader")
@require_http_methods(["GET"])
def security(request: HttpRequest) -> HttpResponse:
    """Passkeys, authenticator app, and the devices you are signed in with."""
    user = person(request)
    authenticators = list(Authenticator.objects.filter(user=user).order_by("created_at"))
    context = {
        "passkeys": [a.wrap() for a in authenticators if a.type == Authenticator.Type.WEBAUTHN],
        "totp": next((a for a in authenticators if a.type == Authenticator.Type.TOTP), None),
        "sign_ins": user.sign_ins.order_by("-seen_at"),
        "this_session": request.session.session_key,
        "nav": "settings",
        "section": "security",
    }
    return render(request, "accounts/security.html", context)


@requires("reader")
@require_POST
def sign_in_end(request: HttpRequest, sign_in_id: uuid.UUID) -> HttpResponse:
    """Sign one device out."""
    sign_ins.end(sign_in=selectors.access_sign_in(sign_in_id, user=person(request)), actor=person(request))
    messages.success(request, _("That device is signed out."))
    return redirect("accounts:security")


@requires("reader")
@require_POST
def sign_in_end_others(request: HttpRequest) -> HttpResponse:
    """Sign all other devices out."""
    sign_ins.end_others(actor=person(request), keep=request.session.session_key)
    messages.success(request, _("All other devices are signed out."))
    return redirect("accounts:security")


@requires("signed_in")
@require_http_methods(["GET", "POST"])
def switch(request: HttpRequest) -> HttpResponse:
    """Open another account of yours."""
    memberships = selectors.memberships_of(person(request))
    if request.method == "POST":
        try:
            chosen = memberships.filter(account_id=uuid.UUID(request.POST.get("account", ""))).first()
        except ValueError:
            chosen = None
        if chosen is None:
            raise Http404
        enter(request, chosen)
        return redirect("dashboard")
    return render(request, "accounts/switch.html", {"memberships": memberships, "nav": "settings", "section": "switch"})
