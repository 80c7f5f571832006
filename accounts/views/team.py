"""The team: members, roles and invitations (owners), leaving (everybody), accepting an invitation."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts import selectors
from accounts.forms import InvitationForm, RoleForm
from accounts.middleware import enter
from accounts.models import Account, Invitation, User
from accounts.services import members
from accounts.views.settings import account_of, person
from webanizr.core import tenancy
from webanizr.core.permissions import requires


@requires("owner")
@require_http_methods(["GET", "POST"])
def team(request: HttpRequest) -> HttpResponse:
    """Who is a member, who is invited; invite somebody."""
    form = InvitationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            members.invite(email=form.cleaned_data["email"], role=form.cleaned_data["role"], actor=person(request))
        except members.MemberError as error:
            form.add_error("email", str(error))
        else:
            messages.success(request, _("The invitation is on its way."))
            return redirect("accounts:team")
    context = {
        "form": form,
        "members": selectors.members_of(account_of(request)),
        "invitations": Invitation.objects.order_by("created_at"),
        "roles": InvitationForm.base_fields["role"],
        "nav": "settings",
        "section": "team",
    }
    return render(request, "accounts/team.html", context, status=422 if request.method == "POST" else 200)


@requires("owner")
@require_POST
def member(request: HttpRequest, member_id: uuid.UUID) -> HttpResponse:
    """Change a member's role, or take them out."""
    membership = selectors.access_member(member_id)
    try:
        if request.POST.get("action") == "remove":
            members.remove(membership=membership, actor=person(request))
            messages.success(request, _("%(name)s is no longer a member.") % {"name": membership.user.name})
        else:
            form = RoleForm(request.POST)
            if form.is_valid():
                members.change_role(membership=membership, role=form.cleaned_data["role"], actor=person(request))
                messages.success(request, _("Saved."))
            else:
                messages.error(request, _("Choose a role from the list."))
    except members.MemberError as error:
        messages.error(request, str(error))
    return redirect("dashboard" if membership.user == request.user else "accounts:team")


@requires("reader")
@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """Leave the account."""
    membership = request.membership  # type: ignore[attr-defined]  # set by TenantMiddleware
    try:
        members.remove(membership=membership, actor=person(request))
    except members.MemberError as error:
        messages.error(request, str(error))
        return redirect("accounts:settings")
    messages.success(request, _("You have left %(account)s.") % {"account": account_of(request).name})
    return redirect("dashboard")


@requires("owner")
@require_POST
def invitation_change(request: HttpRequest, invitation_id: uuid.UUID) -> HttpResponse:
    """Send an invitation again, or withdraw it."""
    invitation = selectors.access_invitation(invitation_id)
    if request.POST.get("action") == "resend":
        try:
            members.invite(email=invitation.email, role=invitation.role, actor=person(request))
        except members.MemberError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("The invitation is on its way."))
    else:
        members.withdraw(invitation=invitation, actor=person(request))
        messages.success(request, _("The invitation is withdrawn."))
    return redirect("accounts:team")


@requires("public")
@require_http_methods(["GET", "POST"])
def invitation(request: HttpRequest, account_id: uuid.UUID, secret: str) -> HttpResponse:
    """Accept an invitation: sign in or up with that address first."""
    with tenancy.tenant(account_id, user_id=getattr(request.user, "pk", None)):
        found = members.find_invitation(secret)
        account = Account.objects.filter(id=account_id).first()
    if found is None or account is None:
        return render(request, "accounts/invitation.html", {"gone": True}, status=404)
    if not isinstance(request.user, User):
        if request.method == "POST":
            return redirect_to_login(request.get_full_path())
        context = {
            "account_name": account.name,
            "invited": found,
            "signup_url": f"{reverse('account_signup')}?next={request.get_full_path()}",
        }
        return render(request, "accounts/invitation.html", context)
    error = ""
    if request.method == "POST":
        try:
            membership = members.accept(account_id=account_id, secret=secret, actor=request.user)
        except members.MemberError as problem:
            error = str(problem)
        else:
            enter(request, membership)
            messages.success(request, _("Welcome. You are now a member of %(account)s.") % {"account": account.name})
            return redirect("dashboard")
    elif found.email != request.user.email:
        error = _("This invitation is for another e-mail address. Sign in with that one.")
    context = {"account_name": account.name, "invited": found, "error": error}
    return render(request, "accounts/invitation.html", context, status=422 if request.method == "POST" else 200)
