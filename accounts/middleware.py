"""Chooses the account of a request: the one kept in the session, if the person is still its member."""

from __future__ import annotations

import time
import uuid

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from accounts.models import Membership, StaffMember, User
from accounts.services import sign_ins
from accounts.staff import keys
from webanizr.core import tenancy
from webanizr.core.middleware import Handler, attach

SESSION_KEY = "account_id"


def membership_for(user: User, account_id: uuid.UUID | None) -> Membership | None:
    """Return the person's membership of `account_id`, or else the oldest one; None without any."""
    memberships = Membership.objects.filter(user=user).select_related("account").order_by("created_at")
    chosen = memberships.filter(account_id=account_id).first() if account_id else None
    return chosen or memberships.first()


class TenantMiddleware:
    """Sets `request.account` and `request.membership`, and lets the database see that account and person only."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request."""
        attach(request, account=None, membership=None)
        user = request.user
        if isinstance(user, User):
            stored = request.session.get(SESSION_KEY)
            account_id = uuid.UUID(stored) if stored else None
            # the stored account, before it is known that it is still theirs: the next line only reads memberships
            tenancy.switch(account_id=None, user_id=user.pk)
            self._touch(request, user)
            membership = membership_for(user, account_id)
            if membership is not None:
                enter(request, membership)
        return self.get_response(request)

    @staticmethod
    def _touch(request: HttpRequest, user: User) -> None:
        """Note once an hour that this device is in use."""
        seen = int(request.session.get("seen", 0))
        if time.time() - seen > 3600:
            request.session["seen"] = int(time.time())
            sign_ins.touch(user=user, session_key=request.session.session_key or "")


def enter(request: HttpRequest, membership: Membership) -> None:
    """Make `membership`'s account the one of this request and of the session."""
    attach(request, account=membership.account, membership=membership)
    tenancy.switch(account_id=membership.account_id, user_id=membership.user_id)
    if hasattr(request, "session") and request.session.get(SESSION_KEY) != str(membership.account_id):
        request.session[SESSION_KEY] = str(membership.account_id)


class StaffMiddleware:
    """The staff service has no account: its rows are what the staff login may see.

    Sets `request.staff` (who works here, or None) and `request.key_used_at` (when this session last used a second
    factor that counts, in seconds since 1970, or None).
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request."""
        attach(request, account=None, membership=None, staff=None, key_used_at=None)
        user = request.user
        if isinstance(user, User):
            tenancy.switch(account_id=None, user_id=user.pk)
            staff = StaffMember.objects.filter(user=user, active=True).first()
            attach(request, staff=staff, key_used_at=keys.used_at(request, user) if staff else None)
        return self.get_response(request)
