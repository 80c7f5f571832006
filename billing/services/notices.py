"""Mail about a subscription and its invoices: transactional, to the account's owners (promise 02)."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.formats import date_format

from accounts.models import Account, Membership, Role, User
from billing.plans import PLANS
from billing.words import amount
from webanizr.core import mail


def owners(account_id: uuid.UUID) -> list[User]:
    """Return who gets the mail about an account's money: its owners."""
    rows = Membership.objects.filter(account_id=account_id, role=Role.OWNER).select_related("user")
    return [row.user for row in rows.order_by("created_at")]


def to_owners(account_id: uuid.UUID, template: str, *, files: list[mail.File] | None = None, **values: Any) -> None:
    """Queue one mail for each owner, in the account's language and context.

    Args: values: dates become words, names that end in `_cents` amounts, `plan` a plan's name; the rest stays.
    """
    account = Account.objects.get(pk=account_id)
    with translation.override(account.language):
        words: dict[str, Any] = {"link": f"{settings.APP_URL}/subscription/"}
        for name, value in values.items():
            if isinstance(value, date):
                words[name] = date_format(value, "j F Y")
            elif name.endswith("_cents"):
                words[name.removesuffix("_cents")] = amount(value)
            elif name == "plan":
                words[name] = str(PLANS[value].name)
            else:
                words[name] = value
    for person in owners(account_id):
        mail.send(
            to=person.email,
            template=template,
            context={"person": person.name, **words},
            language=account.language,
            files=files,
        )


def plan_ended(account_id: uuid.UUID, *, plan: str, day: date) -> None:
    """Say that a plan has ended, with the way to another one. Args: plan: its code; day: the first one without it."""
    to_owners(account_id, "mail/plan_ended", link=f"{settings.APP_URL}/plans/", plan=plan, day=day)
