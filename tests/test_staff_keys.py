"""The staff service asks for a key of its own: always, and once more before a look-in; what was typed is kept."""

from __future__ import annotations

import hashlib
import time
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from django.utils import timezone

from accounts.models import StaffKey, StaffMember
from accounts.staff import keys
from tests import consent
from tests.consent import World
from tests.staff import use_key
from webanizr.core import tenancy

pytestmark = pytest.mark.django_db(transaction=True)
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture
def world(as_role: Any) -> World:
    return consent.build(as_role)


def change_session(browser: Client, **record: Any) -> None:
    session = browser.session
    session["account_authentication_methods"] = [session["account_authentication_methods"][0] | record]
    session.save()


def test_a_mailbox_alone_opens_nothing(world: World, as_role: Any) -> None:
    with as_role("staff"):
        browser = Client()
        browser.force_login(world.sam, backend=BACKEND)
        for path in ("/questions/", "/access/", "/admin/"):
            answer = browser.get(path, follow=True)
            assert "/key/" in answer.redirect_chain[-1][0], path
        use_key(browser, world.sam)
        assert browser.get("/questions/").status_code == 200
        change_session(browser, id=1)  # an authenticator that was set somewhere else
        assert browser.get("/questions/")["Location"].startswith("/key/")
        use_key(browser, world.sam)
        change_session(browser, method="code")
        assert browser.get("/questions/")["Location"].startswith("/key/")


def test_a_look_in_asks_for_the_key_again_and_keeps_what_was_typed(world: World, as_role: Any) -> None:
    address = f"/grants/{world.grant().id}/look/"
    with as_role("staff"):
        browser = Client()
        use_key(browser, world.sam)
        assert browser.get(address).status_code == 200
        change_session(browser, at=time.time() - 6 * 60)
        assert browser.get("/questions/").status_code == 200
        assert browser.get(address)["Location"].startswith("/step-up/")
        answer = browser.post(address, {"reason": "Het lege veld bekijken", "action": "view"})
        assert answer["Location"].startswith("/step-up/")
        change_session(browser, at=time.time())
        assert "Het lege veld bekijken" in browser.get(address).content.decode()
        assert "Het lege veld bekijken" not in browser.get(address).content.decode()  # once


def test_only_a_deployment_lets_somebody_in_and_puts_them_out(world: World, as_role: Any) -> None:
    email = world.sam.email
    with as_role("migrator"):
        call_command("staff", "reset", email)
    with as_role("staff"):
        member = StaffMember.objects.get(user=world.sam)
        assert not keys.code_fits(member, "geraden")
        member.enrolment_hash = hashlib.sha256(b"goed").digest()
        assert keys.code_fits(member, "goed")
        assert not keys.code_fits(member, "goed", now=timezone.now() + timedelta(hours=73))
        browser = Client()
        use_key(browser, world.sam)
        assert browser.get("/questions/").status_code == 200
    with as_role("migrator"):
        call_command("staff", "remove", email)
    with as_role("staff"):
        assert browser.get("/questions/").status_code == 403
        with transaction.atomic(), tenancy.context(account_id=None, user_id=world.sam.pk):
            assert not StaffKey.objects.exists()
