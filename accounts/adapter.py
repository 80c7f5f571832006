"""What django-allauth asks of us: names, mails through the outbox, where to go after signing in.

Serves promises 01 and 02: no password anywhere, and every mail is a row of the transaction that causes it.
"""

from __future__ import annotations

import time
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.crypto import get_random_string
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.selectors import memberships_of
from accounts.services import sign_ins
from accounts.services.accounts import create_account
from webanizr.core import errors, mail, tenancy, vault

CODE_LENGTH = 6
INVITATION_PATH = "/invitation/"
CONFIRMED_AT = "confirmed_at"  # in the session: when a code or passkey was last given, in seconds

# allauth's template prefix -> ours; a mail that isn't named here doesn't exist
TEMPLATES = {
    "account/email/login_code": "mail/code",
    "account/email/email_confirmation": "mail/code",
    "account/email/email_confirmation_signup": "mail/code",
    "account/email/account_already_exists": "mail/already_exists",
    "account/email/unknown_account": "mail/unknown_address",
}


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Signing up and in."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "incorrect_code": _("This code is not right. Look at the newest mail."),
        "rate_limited": _("That was too often. Wait a moment and try again."),
        "too_many_login_attempts": _("Too many wrong codes. Ask for a new one."),
    }

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        """Store a new person with the name they gave."""
        user.name = form.cleaned_data["name"]
        user.email = form.cleaned_data["email"].lower()
        if commit:
            user.save()
        return user

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Queue allauth's mail as one of ours. Raises KeyError for a mail that we don't have."""
        words = {key: str(context[key]) for key in ("code", "signup_url") if context.get(key)}
        user = context.get("user")
        if isinstance(user, User):
            words["name"] = user.name
        mail.send(
            to=email,
            template=TEMPLATES[template_prefix],
            context=words,
            account_id=tenancy.PLATFORM_ACCOUNT,
        )

    def confirm_email(self, request: HttpRequest, email_address: Any) -> bool:
        """Note that an address is its owner's: from here on the database knows who is asking."""
        tenancy.switch(account_id=None, user_id=email_address.user_id)
        return bool(super().confirm_email(request, email_address))

    def login(self, request: HttpRequest, user: User) -> None:
        """Sign a person in; from here on the database knows who is asking."""
        tenancy.switch(account_id=None, user_id=user.pk)
        super().login(request, user)

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        """Remember the device, and give who has no account yet one of their own."""
        enter_first_account(request, user, redirect_url=kwargs.get("redirect_url"))
        response: HttpResponse = super().post_login(request, user, **kwargs)
        return response

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        message_context: dict[str, Any] | None = None,
        extra_tags: str = "",
        message: str | None = None,
    ) -> None:
        """Pass on what went wrong; that somebody signed in is plain to see."""
        if message:
            messages.add_message(request, level, message, extra_tags=extra_tags)

    def _code(self) -> str:
        return get_random_string(CODE_LENGTH, "0123456789")

    def generate_login_code(self) -> str:
        """Return six digits: easy to type, tried three times at most."""
        return self._code()

    def generate_email_verification_code(self) -> str:
        """See `generate_login_code`."""
        return self._code()

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """The overview; it sends who has no site yet to the start."""
        return reverse("dashboard")

    def get_signup_redirect_url(self, request: HttpRequest) -> str:
        """See `get_login_redirect_url`."""
        return reverse("dashboard")

    def is_safe_url(self, url: str) -> bool:
        """Only paths of this very service."""
        return url_has_allowed_host_and_scheme(url, allowed_hosts=None) and url.startswith("/")

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Customers sign up in the app service only."""
        return settings.SERVICE == "app"

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Sensitive pages ask for a code by mail: `accounts.views.confirm.fresh` stands before them."""
        return False

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponse:
        """Nobody is inactive; answer as for a stranger."""
        return errors.page(request, 403)


def enter_first_account(request: HttpRequest, user: User, *, redirect_url: str | None) -> None:
    """After signing in: note the device; make an account for who has none and isn't on the way to an invitation."""
    request.session[CONFIRMED_AT] = int(time.time())  # signing in is as good as typing a code
    sign_ins.note_sign_in(
        user=user,
        session_key=request.session.session_key or "",
        user_agent=request.headers.get("User-Agent", ""),
    )
    if settings.SERVICE != "app":
        return
    if not memberships_of(user).exists() and not (redirect_url or "").startswith(INVITATION_PATH):
        create_account(actor=user, language=get_language() or settings.LANGUAGE_CODE)


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth has no types
    """Passkeys and authenticator apps."""

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Name ourselves to the browser: the passkey belongs to this service's host name."""
        entity: dict[str, str] = super().get_public_key_credential_rp_entity()
        entity["name"] = "Webanizr"
        return entity

    def encrypt(self, text: str) -> str:
        """Seal an authenticator's secret before it is stored."""
        return vault.seal_note({"secret": text}, purpose="authenticator").decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Open what `encrypt` sealed."""
        return str(vault.unseal_note(encrypted_text.encode(), purpose="authenticator")["secret"])
