"""The named cast: Alice pays and owns, Bob is her colleague, Rita reads forms, Charlie has an account elsewhere, and
Sam works at Webanizr.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from allauth.account.models import EmailAddress
from django.test import Client
from django.utils import timezone

from accounts.adapter import CONFIRMED_AT
from accounts.middleware import SESSION_KEY
from accounts.models import Account, Membership, Role, User
from accounts.services.accounts import create_account
from billing.models import Subscription
from sites.hosting import intakekeys
from sites.hosting.versions import Pointer
from sites.models import Form, Page, Site, Submission
from sites.services.sites import create_site
from webanizr.core import tenancy, vault
from webanizr.local import testing


@dataclass(eq=False)
class Person:
    """Somebody with a browser that is signed in."""

    user: User
    account: Account
    client: Client


def person(name: str) -> User:
    """Store somebody whose address is confirmed."""
    user = User.objects.create_user(f"{name.lower()}-{uuid.uuid4().hex[:6]}@example.nl", name)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def signed_in(user: User, account: Account) -> Person:
    """Return the person with a browser that has the account open."""
    client = Client(headers={"accept-language": "en-gb"})
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    session = client.session
    session[SESSION_KEY] = str(account.pk)
    session.save()
    return Person(user, account, client)


def owner(name: str) -> Person:
    """Return somebody with an account of their own."""
    user = person(name)
    return signed_in(user, create_account(actor=user, name=f"Bakkerij {name}").account)


def colleague(name: str, boss: Person, role: Role) -> Person:
    """Return somebody else in the same account."""
    user = person(name)
    with tenancy.tenant(boss.account.pk, user_id=boss.user.pk):
        Membership.objects.create(account=boss.account, user=user, role=role)
    return signed_in(user, boss.account)


def staff(name: str) -> User:
    """Return somebody who works at Webanizr, let in as a deployment does it; committed at once."""
    with closing(testing.current().connect("migrator")) as connection, connection, connection.cursor() as cursor:
        address = f"{name.lower()}-{uuid.uuid4().hex[:6]}@webanizr.example"
        cursor.execute("SET LOCAL row_security = on")
        cursor.execute("SELECT staff_set(%s, %s, 'support', true)", [address, name])
        row = cursor.fetchone()
    assert row is not None
    return User.objects.get(pk=row[0])


def with_room() -> None:
    """Put the current account on the largest plan, without a sale."""
    if not Subscription.objects.exists():
        Subscription.objects.create(plan="business", state=Subscription.State.ACTIVE)


def site_of(someone: Person) -> tuple[Site, Page, Form]:
    """Return a website made from the three questions; a second one comes with the plan that has room for it."""
    with tenancy.tenant(someone.account.pk, user_id=someone.user.pk):
        if Site.objects.exists():
            with_room()
        site = create_site(kind="shop", name="Bakkerij Het Hoekje", place="Rotterdam", actor=someone.user)
        return site, Page.objects.get(site=site), Form.objects.get(site=site)


def send(
    as_role: Callable[[str], AbstractContextManager[Any]],
    site: Site,
    form: Form,
    key: vault.IntakeKey | None = None,
    **answers: str,
) -> Submission:
    """Store a submission as the hosting service does, under its login; return the row.

    Args: key: the intake key to use, default a new one.
    """
    pointer = Pointer("", site.account_id, site.id, None)
    content = {
        "fields": [
            {"id": f["id"], "type": f["type"], "label": f["label"], "purpose": f.get("purpose", "")}
            for f in form.fields
        ],
        "values": answers,
        "language": "nl",
    }
    ids = {"account_id": site.account_id, "site_id": site.id, "form_id": form.id}
    with as_role("hosting"), tenancy.tenant(site.account_id):
        key = key or intakekeys.make(pointer)
        row = Submission(
            id=uuid.uuid4(),
            intake_key_id=key.id,
            expires_at=timezone.now() + timedelta(days=365),
            **ids,
        )
        row.content = vault.seal(content, key=key, submission_id=row.id, **ids)
        row.save(force_insert=True)
    return row


def damaged(sealed: bytes | memoryview, at: int = -1) -> bytes:
    """Return what was sealed with one bit of its byte `at` turned over: never by chance the same again."""
    whole = bytearray(sealed)
    whole[at] ^= 1
    return bytes(whole)


def confirmed(who: Person) -> Person:
    """Let somebody have said who they are just now; return them."""
    session = who.client.session
    session[CONFIRMED_AT] = int(time.time())
    session.save()
    return who
