"""Fixtures: people who work at Webanizr, and their browsers at the staff service."""

from __future__ import annotations

import secrets
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from accounts.models import StaffKey, User
from webanizr.core import tenancy

Hire = Callable[[str, str], User]
Desk = Callable[[User], AbstractContextManager[Client]]


def use_key(browser: Client, user: User) -> None:
    """Sign somebody in who used a key of the staff service just now; under the staff login."""
    browser.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    number = secrets.randbelow(1 << 40)
    with transaction.atomic(), tenancy.context(account_id=None, user_id=user.pk):
        StaffKey.objects.create(user_id=user.pk, authenticator_id=number)
    session = browser.session
    session["account_authentication_methods"] = [
        {"method": "mfa", "type": "totp", "id": number, "at": time.time()}  # as django-allauth notes it
    ]
    session["account_authentication_methods_user"] = str(user.pk)
    session.save()


@pytest.fixture
def hire(role_connection: Callable[[str], Any]) -> Hire:
    """Let somebody into the staff service as a deployment does, by name and team."""

    def run(name: str, team: str) -> User:
        connection = role_connection("migrator")
        email = f"{name.lower()}-{uuid.uuid4().hex[:6]}@webanizr.nl"
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL row_security = on")
            cursor.execute("SELECT staff_set(%s, %s, %s, true)", [email, name, team])
        connection.commit()
        return User.objects.get(email=email)

    return run


@pytest.fixture
def desk(as_role: Callable[[str], AbstractContextManager[Any]]) -> Desk:
    """A staff member's browser at the staff service, under its own login, while the block lasts."""

    @contextmanager
    def run(user: User) -> Iterator[Client]:
        with as_role("staff"):
            browser = Client(headers={"accept-language": "en-gb"})
            use_key(browser, user)
            yield browser

    return run
