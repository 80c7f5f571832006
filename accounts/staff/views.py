"""Setting a key of the staff service, and using one again before something sensitive."""

from __future__ import annotations

from typing import Any

from allauth.mfa.base.forms import ReauthenticateForm
from allauth.mfa.base.internal.flows import post_authentication
from allauth.mfa.models import Authenticator
from allauth.mfa.totp import views as totp
from allauth.mfa.utils import is_mfa_enabled
from allauth.mfa.webauthn import views as webauthn
from allauth.mfa.webauthn.forms import ReauthenticateWebAuthnForm
from allauth.mfa.webauthn.internal.flows import auth as webauthn_auth
from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts.models import StaffMember, User
from accounts.staff import keys
from accounts.views.door import limited
from webanizr.core import ratelimit
from webanizr.core.permissions import View, requires

ENROLLING = "staff_enrolling"  # in the session: the code of the deployment was right
NEXT = "staff_next"
TRIES, WINDOW = 5, 900  # codes of a deployment that may be tried in so many seconds


class EnrolmentForm(forms.Form):
    """The code that the deployment handed out."""

    code = forms.CharField(label=gettext_lazy("Enrolment code"), max_length=80)


def member_of(request: HttpRequest) -> tuple[User, StaffMember]:
    """Return who asks; raises PermissionDenied for who doesn't work here."""
    staff = getattr(request, "staff", None)
    if not isinstance(staff, StaffMember) or not isinstance(request.user, User):
        raise PermissionDenied(_("This service is for people who work at Webanizr."))
    return request.user, staff


def wanted(request: HttpRequest) -> str:
    """Return where to go on to afterwards: a path of this service."""
    path = request.POST.get("next") or request.GET.get("next") or request.session.get(NEXT) or ""
    safe = path.startswith("/") and url_has_allowed_host_and_scheme(path, allowed_hosts=None)
    return str(path) if safe else reverse("dashboard")


def may_set(request: HttpRequest) -> bool:
    """Whether a key may be set now: the deployment's code was typed, or another key was used in this session."""
    return bool(request.session.get(ENROLLING)) or getattr(request, "key_used_at", None) is not None


@requires("signed_in")
@limited
@require_http_methods(["GET", "POST"])
def key(request: HttpRequest) -> HttpResponse:
    """What stands between a code by mail and the console: a key. The first one asks for the deployment's code."""
    user, staff = member_of(request)
    request.session[NEXT] = wanted(request)
    form = EnrolmentForm()
    if request.method == "POST":
        form = EnrolmentForm(request.POST)
        wait = ratelimit.hit("enrolment", str(user.pk), limit=TRIES, seconds=WINDOW)
        if form.is_valid():
            if not wait and keys.code_fits(staff, form.cleaned_data["code"]):
                request.session[ENROLLING] = True
                return redirect("staff_key")
            form.add_error(
                "code", _("This code is not right, or no longer good. Ask the colleague who runs deployments.")
            )
    context = {
        "form": form,
        "may_set": may_set(request),
        "has_key": bool(keys.keys_of(user)),
        "has_app": is_mfa_enabled(user, [Authenticator.Type.TOTP]),
        "next": wanted(request),
    }
    return render(request, "console/key.html", context, status=422 if form.errors else 200)


def setting(view: View) -> View:
    """For who may set a key now."""

    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        member_of(request)
        return view(request, *args, **kwargs) if may_set(request) else redirect("staff_key")

    return requires("signed_in")(limited(guarded))


class _Sets:
    """What both kinds of key do once they are stored: they count, and they were used just now."""

    request: HttpRequest

    def form_valid(self, form: Any) -> HttpResponse:
        """Store the key and go on."""
        user, _staff = member_of(self.request)
        before = set(Authenticator.objects.filter(user=user).values_list("pk", flat=True))
        super().form_valid(form)  # type: ignore[misc]  # allauth's view is the other base
        for made in Authenticator.objects.filter(user=user, type__in=keys.KINDS).exclude(pk__in=before):
            keys.count(made, actor=user)
            post_authentication(self.request, made)
        self.request.session.pop(ENROLLING, None)
        messages.success(self.request, _("From now on you sign in with this key as well."))
        return redirect(wanted(self.request))

    def get_success_url(self) -> str:
        """See `form_valid`."""
        return wanted(self.request)


class AppView(_Sets, totp.ActivateTOTPView):  # type: ignore[misc]  # allauth has no types
    """An authenticator app."""

    template_name = "console/key_app.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Send who has an app already back to the choice."""
        if is_mfa_enabled(request.user, [Authenticator.Type.TOTP]):
            return redirect("staff_key")
        return super().dispatch(request, *args, **kwargs)  # type: ignore[no-any-return]  # allauth has no types


class PasskeyView(_Sets, webauthn.AddWebAuthnView):  # type: ignore[misc]  # allauth's base has no types
    """A passkey."""

    template_name = "console/key_passkey.html"


key_app = setting(AppView.as_view())
key_passkey = setting(PasskeyView.as_view())


@requires("signed_in")
@limited
@require_http_methods(["GET", "POST"])
def step_up(request: HttpRequest) -> HttpResponse:
    """Use a key again: a code of the app, or a passkey."""
    user, _staff = member_of(request)
    if not keys.keys_of(user):
        return redirect(f"{reverse('staff_key')}?{urlencode({'next': wanted(request)})}")
    form, passkey = ReauthenticateForm(user=user), ReauthenticateWebAuthnForm(user=user)
    if request.method == "POST":
        if "credential" in request.POST:
            passkey = ReauthenticateWebAuthnForm(user=user, data=request.POST)
            if passkey.is_valid():
                passkey.save()
                return redirect(wanted(request))
        else:
            form = ReauthenticateForm(user=user, data=request.POST)
            if form.is_valid():
                form.save()
                return redirect(wanted(request))
    context = {
        "form": form,
        "webauthn_form": passkey,
        "js_data": {"request_options": webauthn_auth.begin_authentication(user)},
        "has_app": is_mfa_enabled(user, [Authenticator.Type.TOTP]),
        "has_passkey": is_mfa_enabled(user, [Authenticator.Type.WEBAUTHN]),
        "next": wanted(request),
    }
    return render(request, "console/step_up.html", context, status=422 if request.method == "POST" else 200)
