"""Addresses of the staff service: its own door, and the admin for metadata."""

from allauth.mfa.base import views as mfa_base
from allauth.mfa.webauthn import views as webauthn
from django.urls import path
from django.views.generic import RedirectView
from django.views.i18n import set_language

from accounts.staff import views as keys
from accounts.staff_admin import site
from accounts.views import confirm, door
from webanizr.core.permissions import requires

public = requires("public")

urlpatterns = [
    path("", public(RedirectView.as_view(pattern_name="console:queue")), name="dashboard"),
    path("login/", door.login, name="account_login"),
    path("login/code/", door.login, name="account_request_login_code"),
    path("login/code/confirm/", door.login_code, name="account_confirm_login_code"),
    path("login/two/", public(mfa_base.authenticate), name="mfa_authenticate"),
    path("login/passkey/", public(webauthn.login_webauthn), name="mfa_login_webauthn"),
    path("key/", keys.key, name="staff_key"),
    path("key/app/", keys.key_app, name="mfa_activate_totp"),
    path("key/passkey/", keys.key_passkey, name="mfa_add_webauthn"),
    path("step-up/", keys.step_up, name="staff_step_up"),
    path("signup/", public(RedirectView.as_view(pattern_name="account_login")), name="account_signup"),
    path("confirm/", confirm.confirm, name="account_reauthenticate"),
    path("logout/", door.logout, name="account_logout"),
    path("language/", public(set_language), name="set_language"),
    path("admin/", site.urls),
]
