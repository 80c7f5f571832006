"""The link of a mail that withdraws consent: signed, for one grant and one member; it can do nothing else."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.conf import settings
from django.core import signing
from django.urls import reverse

SALT = "privacy.withdraw"


@dataclass(frozen=True)
class Withdrawal:
    """Who may withdraw what: what the link says. Stands for the person in services."""

    account_id: uuid.UUID
    grant_id: uuid.UUID
    user_id: uuid.UUID
    name: str = ""

    @property
    def pk(self) -> uuid.UUID:
        """The number of the person."""
        return self.user_id


def withdraw_url(*, account_id: uuid.UUID, grant_id: uuid.UUID, user_id: uuid.UUID) -> str:
    """Return the address for a member's mail."""
    token = signing.dumps([str(account_id), str(grant_id), str(user_id)], salt=SALT)
    # the mail is made by the worker, which has the app's addresses
    return f"{settings.APP_URL}{reverse('consent:withdraw_by_mail', args=[token], urlconf='webanizr.urls.app')}"


def read(token: str) -> Withdrawal:
    """Return what a link names; raises django.core.signing.BadSignature. Ends with the consent: a week at most."""
    account_id, grant_id, user_id = signing.loads(token, salt=SALT, max_age=8 * 24 * 3600)
    return Withdrawal(uuid.UUID(account_id), uuid.UUID(grant_id), uuid.UUID(user_id))
