"""The second factor of staff: which keys count, whether one was used in this session, and how long ago.

Serves promises 10 and 11: a mailbox alone opens nothing here. A key counts when it was set in this very service;
the first one asks for a code that only a deployment hands out (`manage.py staff add`).
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime

from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.models import Authenticator
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import StaffKey, StaffMember, User

KINDS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def keys_of(user: User) -> set[int]:
    """Return the numbers of the authenticators that count for this person."""
    return set(StaffKey.objects.filter(user_id=user.pk).values_list("authenticator_id", flat=True))


def used_at(request: HttpRequest, user: User) -> float | None:
    """Return when (seconds since 1970) this session last used a key that counts; None if it never did."""
    counted = keys_of(user)
    moments = [
        float(record["at"])
        for record in get_authentication_records(request, user)
        if record.get("method") == "mfa" and record.get("type") in KINDS and record.get("id") in counted
    ]
    return max(moments, default=None)


def code_fits(member: StaffMember, code: str, *, now: datetime | None = None) -> bool:
    """Whether `code` is the one that a deployment handed out, and is still good."""
    if member.enrolment_hash is None or member.enrolment_until is None:
        return False
    right = hmac.compare_digest(hashlib.sha256(code.strip().encode()).digest(), bytes(member.enrolment_hash))
    return right and member.enrolment_until > (now or timezone.now())


def count(authenticator: Authenticator, *, actor: User) -> StaffKey:
    """Let an authenticator that was set just now count."""
    return StaffKey.objects.create(user_id=actor.pk, authenticator_id=authenticator.pk)
