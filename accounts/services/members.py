"""Members of an account and invitations by mail."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import following, room
from accounts.models import Invitation, Membership, Role, User
from accounts.services import audit
from webanizr.core import mail, tenancy

INVITATION_DAYS = 14


class MemberError(ValueError):
    """The change can't be made; the message says why, for the person who asked."""


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def invite(*, email: str, role: str, actor: User, now: datetime | None = None) -> Invitation:
    """Invite somebody into the current account, or send the invitation again with a new link.

    Raises MemberError when the address is a member's already, and when the plan has no room for one more.
    """
    account_id, moment = tenancy.current_account_id(), now or timezone.now()
    if Membership.objects.filter(account_id=account_id, user__email=email).exists():
        raise MemberError(_("Somebody with this address is a member already."))
    _take_room(account_id, besides=email, now=moment)
    secret = secrets.token_urlsafe(24)
    invitation, _created = Invitation.objects.update_or_create(
        email=email,
        defaults={
            "account_id": account_id,
            "role": role,
            "token_hash": _hash(secret),
            "invited_by": actor.pk,
            "created_at": moment,
            "expires_at": moment + timedelta(days=INVITATION_DAYS),
        },
    )
    account = Membership.objects.select_related("account").filter(user=actor).first()
    path = reverse("accounts:invitation", args=[invitation.account_id, secret])
    mail.send(
        to=email,
        template="mail/invitation",
        context={
            "inviter": actor.name,
            "account": account.account.name if account else "Webanizr",
            "link": f"{settings.APP_URL}{path}",
            "days": INVITATION_DAYS,
        },
    )
    audit.record("invitation.sent", actor_id=actor.pk, target_id=invitation.id)
    return invitation


def _take_room(account_id: uuid.UUID, *, besides: str, now: datetime) -> None:
    """Ask for one place, for an address whose own invitation doesn't count. Raises MemberError."""

    def people() -> int:
        waiting = Invitation.objects.filter(account_id=account_id, expires_at__gt=now).exclude(email=besides)
        return Membership.objects.filter(account_id=account_id).count() + waiting.count()

    try:
        room.take(account_id, people)
    except ValueError as error:
        raise MemberError(str(error)) from error


def find_invitation(secret: str, *, now: datetime | None = None) -> Invitation | None:
    """Return the current account's invitation with that secret; None when it is unknown, withdrawn or expired."""
    wanted = _hash(secret)
    for invitation in Invitation.objects.filter(token_hash=wanted):
        if hmac.compare_digest(bytes(invitation.token_hash), wanted):
            return invitation if invitation.expires_at > (now or timezone.now()) else None
    return None


def accept(*, account_id: uuid.UUID, secret: str, actor: User) -> Membership:
    """Make `actor` a member by an invitation; raises MemberError when it doesn't fit."""
    with tenancy.tenant(account_id, user_id=actor.pk):
        invitation = find_invitation(secret)
        if invitation is None:
            raise MemberError(_("This invitation is no longer valid. Ask for a new one."))
        if invitation.email != actor.email:
            raise MemberError(_("This invitation is for another e-mail address. Sign in with that one."))
        if not Membership.objects.filter(account_id=account_id, user=actor).exists():
            _take_room(account_id, besides=invitation.email, now=timezone.now())
        membership, _created = Membership.objects.get_or_create(
            account_id=account_id, user=actor, defaults={"role": invitation.role}
        )
        invitation.delete()
        audit.record("member.joined", actor_id=actor.pk, target_id=membership.pk)
        following.announce(actor.pk)
    return membership


def withdraw(*, invitation: Invitation, actor: User) -> None:
    """Take an invitation back; its link stops working."""
    audit.record("invitation.withdrawn", actor_id=actor.pk, target_id=invitation.id)
    invitation.delete()


def _keep_an_owner(membership: Membership) -> None:
    """Raise MemberError when the account would be left without an owner."""
    owners = list(
        Membership.objects.select_for_update()
        .filter(account_id=membership.account_id, role=Role.OWNER)
        .values_list("id", flat=True)
    )
    if owners == [membership.pk]:
        raise MemberError(_("An account needs an owner. Make somebody else owner first."))


@transaction.atomic
def change_role(*, membership: Membership, role: str, actor: User) -> Membership:
    """Change what a member may do; raises MemberError for the last owner."""
    if role != Role.OWNER:
        _keep_an_owner(membership)
    membership.role = role
    membership.save(update_fields=["role"])
    audit.record("member.role_changed", actor_id=actor.pk, target_id=membership.pk)
    following.announce(membership.user_id)
    return membership


@transaction.atomic
def remove(*, membership: Membership, actor: User) -> None:
    """Take somebody out of the account; raises MemberError for the last owner."""
    _keep_an_owner(membership)
    audit.record("member.removed", actor_id=actor.pk, target_id=membership.pk)
    following.announce(membership.user_id)
    membership.delete()
