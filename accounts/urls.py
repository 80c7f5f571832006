"""Addresses of people and accounts in the app service."""

from allauth.mfa.base import views as mfa_base
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from django.urls import include, path
from django.views.i18n import set_language

from accounts.views import confirm, door, erase, settings, team, tokens
from accounts.views.confirm import fresh
from webanizr.core.permissions import View, requires

signed_in = requires("signed_in")


def sensitive(view: View) -> View:
    """For who signed in or typed a code just now."""
    return signed_in(fresh(view))


public = requires("public")

settings_patterns = (
    [
        path("settings/", settings.settings, name="settings"),
        path("settings/email/", settings.email, name="email"),
        path("settings/security/", settings.security, name="security"),
        path("settings/security/sign-ins/<uuid:sign_in_id>/end/", settings.sign_in_end, name="sign_in_end"),
        path("settings/security/sign-ins/end-others/", settings.sign_in_end_others, name="sign_in_end_others"),
        path("settings/team/", team.team, name="team"),
        path("settings/team/leave/", team.leave, name="leave"),
        path("settings/team/members/<uuid:member_id>/", team.member, name="member"),
        path("settings/team/invitations/<uuid:invitation_id>/", team.invitation_change, name="invitation_change"),
        path("settings/erase/", erase.erase, name="erase"),
        path("settings/erase/now/", erase.erase_now, name="erase_now"),
        path("settings/tokens/", tokens.tokens, name="tokens"),
        path("settings/tokens/<uuid:token_id>/revoke/", tokens.revoke, name="token_revoke"),
        path("account/switch/", settings.switch, name="switch"),
        path("invitation/<uuid:account_id>/<str:secret>/", team.invitation, name="invitation"),
        path("address/undo/<str:token>/", settings.email_undo, name="email_undo"),
    ],
    "accounts",
)

# django-allauth looks these up by its own names
door_patterns = [
    path("signup/", door.signup, name="account_signup"),
    path("signup/code/", door.signup_code, name="account_email_verification_sent"),
    path("login/", door.login, name="account_login"),
    path("login/code/", door.login, name="account_request_login_code"),
    path("login/code/confirm/", door.login_code, name="account_confirm_login_code"),
    path("logout/", door.logout, name="account_logout"),
    path("confirm/", confirm.confirm, name="account_reauthenticate"),
]

mfa_patterns = [
    path("login/two/", public(mfa_base.authenticate), name="mfa_authenticate"),
    path("login/passkey/", public(webauthn.login_webauthn), name="mfa_login_webauthn"),
    path("settings/security/app/", sensitive(totp.activate_totp), name="mfa_activate_totp"),
    path("settings/security/app/remove/", sensitive(totp.deactivate_totp), name="mfa_deactivate_totp"),
    path("settings/security/recovery/", sensitive(recovery.view_recovery_codes), name="mfa_view_recovery_codes"),
    path(
        "settings/security/recovery/new/",
        sensitive(recovery.generate_recovery_codes),
        name="mfa_generate_recovery_codes",
    ),
    path(
        "settings/security/recovery/file/",
        sensitive(recovery.download_recovery_codes),
        name="mfa_download_recovery_codes",
    ),
    path("settings/security/passkeys/", signed_in(webauthn.list_webauthn), name="mfa_list_webauthn"),
    path("settings/security/passkeys/add/", sensitive(webauthn.add_webauthn), name="mfa_add_webauthn"),
    path("settings/security/passkeys/<int:pk>/", signed_in(webauthn.edit_webauthn), name="mfa_edit_webauthn"),
    path(
        "settings/security/passkeys/<int:pk>/remove/", sensitive(webauthn.remove_webauthn), name="mfa_remove_webauthn"
    ),
    # allauth's own overview isn't used: our page on safety is
    path("settings/security/overview/", signed_in(settings.security), name="mfa_index"),
]

urlpatterns = [
    path("", include(door_patterns)),
    path("", include(mfa_patterns)),
    path("", include(settings_patterns)),
    path("language/", public(set_language), name="set_language"),
]
