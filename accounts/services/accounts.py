"""Making and changing an account, and the person behind it."""

from __future__ import annotations

import uuid

from django.utils.translation import gettext as _

from accounts.models import Account, Membership, Role, User
from accounts.services import audit
from webanizr.core import mail, tenancy


def default_name(actor: User) -> str:
    """Return what an account is called until its owner has said something better."""
    return (_("Website of %(name)s") % {"name": actor.name})[:80]


def create_account(*, actor: User, name: str = "", language: str = "nl") -> Membership:
    """Make an account with `actor` as its owner and send the welcome mail; return the membership.

    Args: name: of the business, default derived from the person's; language: nl or en-gb.
    """
    account_id = uuid.uuid4()
    with tenancy.tenant(account_id, user_id=actor.pk):
        account = Account.objects.create(id=account_id, name=name or default_name(actor), language=language)
        membership = Membership.objects.create(account=account, user=actor, role=Role.OWNER)
        audit.record("account.created", actor_id=actor.pk, target_id=account_id)
        mail.send(to=actor.email, template="mail/welcome", context={"name": actor.name}, language=language)
    return membership


def rename_account(*, account: Account, name: str, language: str, actor: User) -> Account:
    """Change an account's name and the language of its mails."""
    account.name, account.language = name, language
    account.save(update_fields=["name", "language"])
    audit.record("account.renamed", actor_id=actor.pk, target_id=account.pk)
    return account


def rename_user(*, name: str, actor: User) -> User:
    """Change how a person is called; only the person does it."""
    actor.name = name
    actor.save(update_fields=["name"])
    return actor
