"""My data: a person sees what is held about them, an owner the account's too, nobody somebody else's."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Role
from newsletters.services import subscribe
from tests import cast
from tests.billing import working
from tests.erasure_world import fill

pytestmark = pytest.mark.django_db(transaction=True)

AsRole = Callable[[str], AbstractContextManager[Any]]


def test_an_owner_sees_what_is_held_with_its_term_and_takes_it_along(as_role: AsRole) -> None:
    alice, charlie = cast.owner("Alice"), cast.owner("Charlie")
    for someone in (alice, charlie):
        fill(someone, as_role)
        subscribe.subscribe(
            address=someone.user.email, topics=["tips"], language="nl", source="page", now=timezone.now()
        )
        working.profile(someone, name=f"Zaak van {someone.user.name}", city="Delft")
    page = alice.client.get("/consent/data/").content.decode()
    for text in (alice.user.email, "Zaak van Alice", "Addressing your invoices, and nothing else"):
        assert text in page
    assert "Sending you the newsletter" in page
    assert "/exports/everything/" in page
    found = json.loads(alice.client.get("/consent/data/my-data.json").content)["tables"]
    assert found["billing.BillingProfile"][0]["name"] == "Zaak van Alice"
    assert found["newsletters.Contact"][0]["address"] == alice.user.email
    for text in (page, json.dumps(found)):
        assert charlie.user.email not in text
        assert "Zaak van Charlie" not in text
        assert "vera@example.nl" not in text  # what visitors sent is theirs, and sealed


def test_a_colleague_sees_their_own_and_not_the_accounts(as_role: AsRole) -> None:
    alice = cast.owner("Alice")
    working.profile(alice, name="Zaak van Alice")
    bob = cast.colleague("Bob", alice, Role.EDITOR)
    page = bob.client.get("/consent/data/").content.decode()
    assert bob.user.email in page
    assert alice.user.email not in page
    assert "Zaak van Alice" not in page
    assert "/exports/everything/" not in page
    found = json.loads(bob.client.get("/consent/data/my-data.json").content)["tables"]
    assert found["accounts.User"][0]["email"] == bob.user.email
    assert "billing.BillingProfile" not in found
    assert alice.user.email not in json.dumps(found)
