"""The published privacy statement: fixed words, tables from the data map, versions, and mail when it changes."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from io import StringIO
from typing import Any
from unittest import mock

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from accounts.models import Role
from privacy.datamap import Personal, data_map
from privacy.models import StatementVersion
from privacy.services import statement
from privacy.statement import content
from tests import cast
from webanizr.core import tenancy
from webanizr.core.models import Outbox

AsRole = Callable[[str], AbstractContextManager[Any]]
DUTCH = Client(headers={"accept-language": "nl"})


def renamed() -> Any:
    """Declare another purpose for the address of a person."""
    declared = data_map.load().columns["accounts.User"]
    email = declared["email"]
    assert isinstance(email, Personal)
    return mock.patch.dict(declared, {"email": replace(email, purpose="Sending cake")})


@pytest.mark.django_db
def test_everybody_reads_it_in_both_languages() -> None:
    page = DUTCH.get("/privacy/").content.decode()
    assert "Als je een gratis account aanmaakt zullen wij je dus geen nieuwsbrief sturen." in page
    assert "datacentra van AWS in Ierland" in page
    english = Client(headers={"accept-language": "en-gb"}).get("/privacy/").content.decode()
    assert "So if you create a free account, we will not send you a newsletter." in english
    assert [s.slug for s in content.sections("nl")] == [s.slug for s in content.sections("en-gb")]


@pytest.mark.django_db
def test_its_tables_are_the_data_map() -> None:
    assert "Inloggen, en mail over je account" in DUTCH.get("/privacy/").content.decode()
    with renamed():
        assert "Sending cake" in DUTCH.get("/privacy/").content.decode()
    rows = [row for section in content.sections("en-gb") for row in section.rows]
    assert [row[0] for row in rows if row[1] == "Signing in, and mail about your account"] == ["E-mail address"]
    assert [row for row in rows if not all(cell.strip() for cell in row)] == []


@pytest.mark.django_db(transaction=True)
def test_a_change_makes_a_version_shows_it_and_tells_the_members(as_role: AsRole) -> None:
    alice = cast.owner("Alice")
    cast.colleague("Bob", alice, Role.EDITOR)
    now = timezone.now()
    with as_role("worker"):
        first = statement.publish_statement(now=now)
        assert first is not None
        assert statement.publish_statement(now=now) is None
        with tenancy.tenant(alice.account.pk):
            assert not Outbox.objects.filter(task=statement.NOTIFY).exists()
        with renamed():
            second = statement.publish_statement(now=now)
        assert second is not None
        assert second.number == 2
        assert statement.publish_statement(now=now) is None, "an older release doesn't take turns with the newer one"
        with tenancy.tenant(alice.account.pk):
            row = Outbox.objects.get(task=statement.NOTIFY)
            with mock.patch("webanizr.core.mail.send") as send:
                assert statement.notify_members(**row.args) == 2
            assert {call.kwargs["to"] for call in send.call_args_list} >= {alice.user.email}
    page = DUTCH.get("/privacy/versies/").content.decode()
    assert "Sending cake" in page
    assert "Een eerdere versie" in DUTCH.get("/privacy/versies/1/").content.decode()
    assert "Een eerdere versie" not in DUTCH.get("/privacy/versies/2/").content.decode(), "this one holds"
    assert DUTCH.get("/privacy/versies/3/").status_code == 404
    with pytest.raises(Exception, match="permission denied"):
        StatementVersion.objects.filter(number=1).delete()


@pytest.mark.django_db(transaction=True)
def test_the_command_prints_and_compares(as_role: AsRole) -> None:
    out = StringIO()
    with as_role("worker"):
        call_command("privacy_statement", "--language", "en-gb", stdout=out)
        call_command("privacy_statement", "--publish", stdout=out)
        call_command("privacy_statement", "--check", stdout=out)
        with renamed(), pytest.raises(SystemExit):
            call_command("privacy_statement", "--check", "--language", "en-gb", stdout=out)
    text = out.getvalue()
    assert "Signing in, and mail about your account" in text
    assert "the same as version 1" in text
    assert "+E-mail address · Sending cake" in text
