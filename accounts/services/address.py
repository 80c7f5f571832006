"""Changing the e-mail address somebody signs in with: a code to the new one, a way back to the old one."""

from __future__ import annotations

import secrets
import time
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core import signing
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.crypto import constant_time_compare, get_random_string
from django.utils.translation import gettext as _

from accounts import following
from accounts.models import User
from accounts.services import audit
from webanizr.core import mail, tenancy

CODE_SECONDS = 15 * 60
CODE_TRIES = 3
UNDO_DAYS = 7
SALT = "accounts.address.undo"


class AddressError(ValueError):
    """The address can't be changed; the message says why, for the person who asked."""


def ask(*, email: str, actor: User) -> dict[str, Any]:
    """Mail a code to the new address; return what the session must remember.

    Somebody else's address gets a mail that says so, and the asker can't tell the difference.
    """
    code = get_random_string(6, "0123456789")
    if User.objects.filter(email=email).exclude(pk=actor.pk).exists():
        mail.send(to=email, template="mail/already_exists", context={}, account_id=tenancy.PLATFORM_ACCOUNT)
        code = secrets.token_hex(16)  # nobody gets it
    else:
        mail.send(to=email, template="mail/code", context={"code": code, "name": actor.name})
    return {"email": email, "code": code, "at": int(time.time()), "tries": 0}


def confirm(*, pending: dict[str, Any], code: str, actor: User) -> User:
    """Swap the address if the code is right; `pending["tries"]` counts. Raises AddressError."""
    if time.time() - pending["at"] > CODE_SECONDS or pending["tries"] >= CODE_TRIES:
        raise AddressError(_("This code is too old or was tried too often. Ask for a new one."))
    if not constant_time_compare(pending["code"], code):
        pending["tries"] += 1
        raise AddressError(_("This code is not right. Look at the newest mail."))
    return swap(email=pending["email"], actor=actor)


def swap(*, email: str, actor: User) -> User:
    """Make `email` the person's address and tell both addresses; raises AddressError when it was just taken."""
    old = actor.email
    try:
        with transaction.atomic():
            actor.email = email
            actor.save(update_fields=["email"])
            EmailAddress.objects.filter(user=actor).delete()
            EmailAddress.objects.create(user=actor, email=email, verified=True, primary=True)
    except IntegrityError as error:
        actor.email = old
        raise AddressError(_("This address can't be used.")) from error
    token = signing.dumps({"user": str(actor.pk), "old": old, "new": email}, salt=SALT)
    words = {"name": actor.name, "days": UNDO_DAYS}
    link = f"{settings.APP_URL}{reverse('accounts:email_undo', args=[token])}"
    mail.send(to=old, template="mail/address_changed", context={**words, "link": link})
    mail.send(to=email, template="mail/address_changed", context=words)
    audit.record("user.address_changed", actor_id=actor.pk, target_id=actor.pk)
    following.announce(actor.pk)
    return actor


def undo(*, token: str) -> User:
    """Put the former address back, within UNDO_DAYS; raises AddressError for a link that no longer works."""
    try:
        words = signing.loads(token, salt=SALT, max_age=UNDO_DAYS * 86400)
    except signing.BadSignature as error:
        raise AddressError(_("This link no longer works.")) from error
    user = User.objects.filter(pk=words["user"], email=words["new"]).first()
    if user is None or User.objects.filter(email=words["old"]).exists():
        raise AddressError(_("This link no longer works."))
    with tenancy.context(account_id=None, user_id=user.pk):
        user.email = words["old"]
        user.save(update_fields=["email"])
        EmailAddress.objects.filter(user=user).delete()
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        following.announce(user.pk)
    return user
