"""Fixtures: people who work at Webanizr, and their browsers at the staff service."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
from django.test import Client

from accounts.models import User

Hire = Callable[[str, str], User]
Desk = Callable[[User], AbstractContextManager[Client]]


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
            browser.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
            yield browser

    return run
