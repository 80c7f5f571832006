"""Who calls the API: a personal token (`Authorization: Bearer wz_...`) or the browser's own session with CSRF."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.authentication import SessionAuthentication as DRFSessionAuthentication
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.request import Request

from accounts.models import ApiToken, Membership, User
from accounts.services import tokens
from webanizr.core import ratelimit, tenancy
from webanizr.core.middleware import attach

FAILURES_PER_MINUTE = 20


class TokenAuthentication(BaseAuthentication):
    """Opens the context of the token's account. A token does what its owner may do, and no more than its scopes."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        """Return the token's owner and the token; None without a Bearer header.

        Raises AuthenticationFailed (401) or Throttled (429).
        """
        kind, _space, words = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer":
            return None
        found = tokens.split(words.strip())
        token = membership = None
        if found is not None:
            account_id, secret = found
            tenancy.switch(account_id=account_id, user_id=None)
            token = tokens.find(secret)
            if token is not None:
                membership = (
                    Membership.objects.filter(account_id=account_id, user_id=token.user_id)
                    .select_related("account", "user")
                    .first()
                )
        if token is None or membership is None:
            tenancy.switch(account_id=None, user_id=None)
            address = ratelimit.ip_prefix(ratelimit.client_address(request.META))
            wait = ratelimit.hit("token", address, limit=FAILURES_PER_MINUTE, seconds=60)
            if wait:
                raise Throttled(wait=wait)
            raise AuthenticationFailed(_("This token doesn't exist, has expired or was withdrawn."))
        tenancy.switch(account_id=membership.account_id, user_id=membership.user_id)
        attach(
            request._request,
            account=membership.account,
            membership=membership,
            api_token=token,
            user=membership.user,
        )
        if token.used_at is None or timezone.now() - token.used_at > timedelta(hours=1):
            ApiToken.objects.filter(id=token.id).update(used_at=timezone.now())
        return membership.user, token

    def authenticate_header(self, request: Request) -> str:
        """Name the way in, so that a stranger gets 401 and not 403."""
        return "Bearer"


class SessionAuthentication(DRFSessionAuthentication):
    """The browser's session; every write needs the CSRF token."""

    def authenticate_header(self, request: Request) -> Any:
        """See TokenAuthentication."""
        return "Bearer"


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # its own set-up has no types
    """How the API's description names a personal token."""

    target_class = "accounts.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """Return the scheme."""
        return {"type": "http", "scheme": "bearer", "description": "A personal token: wz_<account>_<secret>"}


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # drf-spectacular's metaclass
    """How the API's description names the browser's session."""

    target_class = "accounts.authentication.SessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """Return the scheme."""
        return {"type": "apiKey", "in": "cookie", "name": "session"}
