"""Reads about people and accounts. One access function per object: a stranger gets 404."""

from __future__ import annotations

import uuid

from django.db.models import QuerySet
from django.http import Http404

from accounts.models import Account, ApiToken, Invitation, Membership, Role, SignIn, User
from webanizr.core import tenancy


def members_of(account: Account) -> QuerySet[Membership]:
    """Return the account's members with their people, owners first."""
    return Membership.objects.filter(account=account).select_related("user").order_by("created_at")


def memberships_of(user: User) -> QuerySet[Membership]:
    """Return a person's memberships with their accounts, oldest first."""
    return Membership.objects.filter(user=user).select_related("account").order_by("created_at")


def access_member(membership_id: uuid.UUID) -> Membership:
    """Return a member of the current account; raises Http404."""
    found = (
        Membership.objects.filter(id=membership_id, account_id=tenancy.current_account_id())
        .select_related("user")
        .first()
    )
    if found is None:
        raise Http404
    return found


def access_invitation(invitation_id: uuid.UUID) -> Invitation:
    """Return an invitation of the current account; raises Http404."""
    found = Invitation.objects.filter(id=invitation_id).first()
    if found is None:
        raise Http404
    return found


def access_token(token_id: uuid.UUID, *, user: User) -> ApiToken:
    """Return one of the person's own tokens in the current account; raises Http404."""
    found = ApiToken.objects.filter(id=token_id, user=user).first()
    if found is None:
        raise Http404
    return found


def access_sign_in(sign_in_id: uuid.UUID, *, user: User) -> SignIn:
    """Return one of the person's own sign-ins; raises Http404."""
    found = SignIn.objects.filter(id=sign_in_id, user=user).first()
    if found is None:
        raise Http404
    return found


def addresses_to_notify(account_id: uuid.UUID) -> list[tuple[str, str]]:
    """Return (name, address) of every member who may read what comes in; runs in the account's context."""
    return list(
        Membership.objects.filter(account_id=account_id, role__in=[Role.OWNER, Role.EDITOR, Role.READER])
        .order_by("created_at")
        .values_list("user__name", "user__email")
    )
