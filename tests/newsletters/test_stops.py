"""A database put back from a backup has forgotten unsubscribes; the ledger outside it brings them back (promise 03)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from celery import current_app
from django.core.management import call_command
from django.db import ProgrammingError
from django.test import override_settings
from django.utils import timezone

from newsletters import scope
from newsletters.models import Consent, Contact, Suppression, SyncState
from newsletters.selectors import audience
from newsletters.services import forgetting, preferences, stops, subscribe, suppression
from privacy.erasure import guard, ledger
from privacy.models import LedgerPosition
from tests.newsletters.conftest import Letters
from webanizr.core import net, outbox, storage
from webanizr.local import testing

pytestmark = pytest.mark.django_db(transaction=True)
Role = Callable[[str], AbstractContextManager[Any]]


@pytest.fixture(autouse=True)
def empty_ledger() -> Iterator[None]:
    storage.delete(*storage.keys(ledger.PREFIX))
    yield
    storage.delete(*storage.keys(ledger.PREFIX))
    guard.forget()


def subscribed(letters: Letters, address: str) -> Any:
    now = timezone.now() - timedelta(hours=1)
    subscribe.subscribe(address=address, topics=["tips", "news"], language="nl", source="page", now=now)
    subscribe.confirm(token=letters.link("confirm", address).split("/")[-2], now=now)
    return scope.find(address)


def carry_out(as_role: Role) -> None:
    """Let the worker write down what waits in the outbox."""
    current_app.loader.import_default_modules()
    with as_role("worker"):
        for row in outbox.claim(per_account=100, total=100):
            if row.task.startswith("newsletters.tasks.note"):
                current_app.tasks[row.task](outbox_id=str(row.id), account_id=str(row.account_id))


def restore_what_was(as_role: Role, *contacts: Any) -> None:
    """Let the database be one from before anybody said no."""
    with as_role("eraser"):
        Consent.objects.filter(action="withdrawn").delete()
    with as_role("worker"):
        Contact.objects.all().update(paused_until=None)
    for each in contacts:
        with as_role("app"), scope.contact(each):
            Suppression.objects.all().delete()
    forget_lines()
    guard.forget()


def forget_lines() -> None:
    """Let the database know no line of the ledger."""
    with closing(testing.administrator()) as connection, connection.cursor() as cursor:
        cursor.execute(f'DELETE FROM "{LedgerPosition._meta.db_table}"')


def replay(as_role: Role) -> str:
    with as_role("eraser"):
        out = StringIO()
        call_command("replay_erasures", stdout=out)
    guard.forget()
    return out.getvalue()


def test_unsubscribes_survive_a_restored_backup(as_role: Role, letters: Letters, address: str) -> None:
    with override_settings(MAILING_PLATFORM=""):
        left, complained, back, paused = (
            subscribed(letters, f"{name}-{address}") for name in ("left", "moaned", "back", "paused")
        )
        now = timezone.now()
        for each in (left, back):
            subscribe.unsubscribe(contact_id=each, topics=["tips"], source="mail", now=now)
        preferences.pause(contact_id=paused, length="open", now=now)
        with scope.contact(complained):
            suppression.suppress(contact=Contact.objects.get(), reason="complaint", now=now)
        carry_out(as_role)
        guard.forget()
        assert guard.problems() == [], "this database wrote the lines itself"
        assert address not in str([storage.get(name) for name in storage.keys(ledger.PREFIX)])
        restore_what_was(as_role, complained)
        with as_role("worker"):
            words = {"basis": "consent", "wording": "x", "wording_version": "x", "language": "nl", "source": "mail"}
            later = now + timedelta(minutes=1)  # somebody has asked again since
            Consent.objects.create(contact_id=back, topic_id="tips", action="confirmed", at=later, **words)
            SyncState.objects.create(contact_id=left, provider="brevo", state="in_sync", there="active")
            assert audience([left])[left].topics == ("news", "tips")
        assert guard.problems() == ["erasure ledger ahead"]
        with as_role("worker"), pytest.raises(net.SwitchedOff, match="ledger"):
            guard.gate()
        said = replay(as_role)
        assert said.count("newsletter stopped again") == 2
        assert said.count("newsletter paused again") == 1
        assert said.count("address suppressed again") == 1
        assert guard.problems() == []
        with as_role("worker"):
            assert audience([left])[left].topics == ("news",)
            assert audience([back])[back].topics == ("news", "tips")
            assert audience([complained, paused]) == {}
            assert SyncState.objects.get(contact_id=left).state == "pending", "the platform hears it within a minute"
        assert replay(as_role).count("again") == 0


def test_an_address_that_is_gone_stays_stopped(as_role: Role, letters: Letters, address: str) -> None:
    contact_id = subscribed(letters, address)
    subscribe.unsubscribe(contact_id=contact_id, source="mail", now=timezone.now())
    carry_out(as_role)
    with as_role("eraser"):
        forgetting.delete([contact_id])
    forget_lines()
    replay(as_role)
    with as_role("worker"):
        assert Suppression.objects.get().reason == Suppression.Reason.WITHDRAWN


def test_a_line_is_written_once_and_waits_for_what_was_lost(as_role: Role, letters: Letters, address: str) -> None:
    contact_id = subscribed(letters, address)
    subscribe.unsubscribe(contact_id=contact_id, topics=["tips"], source="mail", now=timezone.now())
    with as_role("worker"):
        line = Consent.objects.get(action="withdrawn").id
        stops.note_line(line)
        stops.note_line(line)
    assert len(list(storage.keys(ledger.PREFIX))) == 1
    forget_lines()
    with as_role("worker"), pytest.raises(ledger.Behind):
        stops.note_line(line)
    assert len(list(storage.keys(ledger.PREFIX))) == 1, "a further line would hide the one that was lost"


def test_the_eraser_says_no_and_never_yes(as_role: Role, letters: Letters, address: str) -> None:
    contact_id = subscribed(letters, address)
    words = {"basis": "consent", "wording": "x", "wording_version": "x", "language": "nl", "topic_id": "tips"}
    for action, source in (("confirmed", "restored"), ("withdrawn", "page")):
        with as_role("eraser"), pytest.raises(ProgrammingError, match="row-level security"):
            Consent.objects.create(contact_id=contact_id, action=action, source=source, **words)
