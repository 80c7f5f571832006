"""The restore drill: dump, erase, put the dump back; the product isn't ready until the erasure was done again."""

from __future__ import annotations

import json
import os
import subprocess
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from celery import current_app
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import ProgrammingError, connection, connections
from django.test import override_settings
from django.utils import timezone

from newsletters.addresses import key_of
from newsletters.models import Consent, Contact, Topic
from newsletters.selectors import audience
from newsletters.services import subscribe
from privacy.datamap import Scope
from privacy.erasure import engine, guard, ledger, rows
from privacy.models import AccessGrant, AccessSession, ConsentSetting, ErasureRequest
from privacy.services import grants
from privacy.services.erasure import request_erasure
from sites.hosting import versions
from sites.models import Domain
from sites.services import publish
from tests import cast, consent
from tests.erasure_world import Clock, Elsewhere, fill, found_anywhere, one_outside
from tests.visitors import Visitor
from webanizr.core import health, net, objections, outbox, storage, tenancy
from webanizr.core.processors import REGISTRY
from webanizr.local import postgres, provision, testing

AsRole = Callable[[str], AbstractContextManager[Any]]


@pytest.fixture(autouse=True)
def outside() -> Iterator[Elsewhere]:
    storage.delete(*storage.keys(ledger.PREFIX))
    with one_outside() as system:
        yield system
    storage.delete(*storage.keys(ledger.PREFIX))
    guard.forget()


def pg(program: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs as the administrator."""
    command = [str(postgres.bin_dir() / program), *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, env=os.environ)
    assert ended.returncode == 0, ended.stderr[-2000:]


def url() -> str:
    this = testing.current()
    return provision.with_path(this.admin_url, this.database)


@pytest.mark.django_db(transaction=True)
def test_a_restored_backup_brings_nobody_back(as_role: AsRole, tmp_path: Path) -> None:
    alice, charlie = cast.owner("Alice"), cast.owner("Charlie")
    fill(alice, as_role)
    fill(charlie, as_role)
    dump = tmp_path / "webanizr.dump"
    pg("pg_dump", "--format=custom", f"--file={dump}", f"--dbname={url()}")
    with tenancy.tenant(alice.account.pk, user_id=alice.user.pk):
        request = request_erasure(
            scope=Scope.ACCOUNT,
            subject_id=alice.account.pk,
            account_id=alice.account.pk,
            actor_id=alice.user.pk,
            contact=None,
            now=timezone.now(),
            at_once=True,
        )
    with as_role("eraser"):
        engine.advance(clock=Clock())
    assert found_anywhere(alice.user.email) == []
    guard.forget()
    assert health.check() == []

    connections.close_all()
    testing.current().empty_database()
    pg("pg_restore", "--exit-on-error", f"--dbname={url()}", str(dump))
    guard.forget()
    assert found_anywhere(alice.user.email), "the backup brought her back"
    assert health.check() == ["erasure ledger ahead"]
    with pytest.raises(net.SwitchedOff, match="ledger"):
        ask_outside()
    with as_role("eraser"):
        with pytest.raises(engine.Stopped):
            engine.advance()
        assert not ErasureRequest.objects.filter(id=request.id).exists(), "the backup is older than the request"
        out = StringIO()
        call_command("replay_erasures", stdout=out)
    assert f"line 1: {request.reference} erased again and checked" in out.getvalue()
    guard.forget()
    assert health.check() == []
    for private in (alice.user.email, alice.user.name, str(alice.account.pk)):
        assert found_anywhere(private) == [], private
    assert found_anywhere(charlie.user.email)
    with as_role("eraser"):
        assert ErasureRequest.objects.get(id=request.id).state == "running", "and it is looked at again in a day"


@pytest.mark.django_db(transaction=True)
def test_every_no_that_was_said_after_the_backup_stays_and_nobody_is_served_before(
    as_role: AsRole, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = consent.build(as_role)
    kept, withdrawn = world.grant("view"), world.grant("view", "change")
    consent.opened(world, withdrawn, as_role)
    monkeypatch.setattr(versions.versions, "_pointers", {})
    with world.as_alice():
        publish.publish_site(site=world.site, actor=world.alice.user)
        host = Domain.objects.get(site_id=world.site.id).host
    vera = Visitor(f"{host}:8001", str(world.form.id), as_role)
    assert vera.ask("/")[0] == 200
    reader = subscriber(as_role, "lezer@example.nl")
    dump = tmp_path / "webanizr.dump"
    pg("pg_dump", "--format=custom", f"--file={dump}", f"--dbname={url()}")
    with world.as_alice():
        grants.revoke_grant(grant=withdrawn, actor=world.alice.user)
        grants.set_never_implied(never=True, actor=world.alice.user)
    subscribe.unsubscribe(contact_id=reader, topics=["tips"], source="mail", now=timezone.now())
    world.alice.client.post("/privacy/shared/statistics/", {"count": "no"})
    work(as_role)
    guard.forget()
    assert health.check() == [], "this database wrote the lines itself"
    lines = {line["kind"]: line for _seq, line in ledger.lines(after=0)}
    assert set(lines) == {"withdrawal", "never_implied", "newsletter_stop", "objection"}
    assert set(lines["withdrawal"]) == {"kind", "account", "grant", "request", "seq", "before"}, "numbers alone"
    assert "lezer" not in str(lines)

    connections.close_all()
    testing.current().empty_database()
    pg("pg_restore", "--exit-on-error", f"--dbname={url()}", str(dump))
    guard.forget()
    assert health.check() == ["erasure ledger ahead"]
    assert vera.ask("/")[0] == 503
    assert vera.ask(f"/_f/{world.form.id}", method="POST", body=b"name=Vera")[0] == 503
    with as_role("hosting"):
        assert health.check() == ["erasure ledger ahead"]
    assert world.alice.client.get("/").wsgi_request.user.is_authenticated
    with as_role("worker"):
        assert audience([reader])[reader].topics == ("news", "tips"), "the backup would mail who said no"
        assert objections.among("matomo", [world.alice.user.pk]) == set()
        with pytest.raises(net.SwitchedOff, match="ledger"):
            ask_outside()
    with as_role("eraser"):
        out = StringIO()
        call_command("replay_erasures", stdout=out)
    for kind in ("consent withdrawn", "newsletter stopped", "objection made", "asked first"):
        assert f"{kind} again" in out.getvalue()
    with as_role("worker"):
        assert audience([reader])[reader].topics == ("news",)
        with pytest.raises(net.NotSent):
            ask_outside()
        assert objections.among("matomo", [world.alice.user.pk]) == {world.alice.user.pk}
    guard.forget()
    assert health.check() == []
    assert vera.ask("/")[0] == 200
    with world.as_alice():
        assert AccessGrant.objects.get(id=withdrawn.id).revoked_at is not None
        assert ConsentSetting.objects.get().never_implied
        assert AccessGrant.objects.get(id=kept.id).revoked_at is None
        assert not AccessSession.objects.filter(closed_at=None).exists()
    assert not world.alice.client.get("/").wsgi_request.user.is_authenticated, "everybody signs in again"
    with as_role("hosting"), connection.cursor() as cursor, pytest.raises(ProgrammingError):
        cursor.execute("SELECT request_ref FROM privacy_ledgerposition")


def ask_outside() -> None:
    """Ask the mailing platform something; nobody listens at its address."""
    there = {"MAILING_PLATFORM": "listmonk", "MAILING_BASE_URL": "http://127.0.0.1:9"}
    with override_settings(**there):
        net.request(REGISTRY["listmonk"], "GET", "/api/lists", why="list")


def subscriber(as_role: AsRole, address: str) -> uuid.UUID:
    """Return somebody who confirmed both newsletters an hour ago."""
    before = timezone.now() - timedelta(hours=1)
    with as_role("worker"):
        contact = Contact.objects.create(address=address, address_key=key_of(address), verified_at=before)
        for topic in Topic.objects.all():
            words = {"basis": "consent", "wording": "x", "wording_version": "x", "language": "nl", "source": "page"}
            Consent.objects.create(contact=contact, topic=topic, action="confirmed", at=before, **words)
    return contact.id


def work(as_role: AsRole) -> None:
    """Do what waits in the outbox."""
    current_app.loader.import_default_modules()
    with as_role("worker"):
        while waiting := outbox.claim(per_account=100, total=100):
            for row in waiting:
                current_app.tasks[row.task](outbox_id=str(row.id), account_id=str(row.account_id))


@pytest.mark.django_db(transaction=True)
def test_what_can_not_be_done_again_keeps_the_product_closed(as_role: AsRole) -> None:
    alice = cast.owner("Alice")
    subject = {
        "scope": "account",
        "id": str(alice.account.pk),
        "account": str(alice.account.pk),
        "people": [],
        "sites": [],
        "submissions": [],
        "elsewhere": [],
    }
    storage.put(ledger._key(1), json.dumps({"request": str(alice.user.pk), "subject": subject, "seq": 1}).encode())
    guard.forget()
    broken = mock.patch.object(rows, "erase_batch", side_effect=OSError)
    with as_role("eraser"), broken, pytest.raises(CommandError, match="stays closed"):
        call_command("replay_erasures", stdout=StringIO())
    guard.forget()
    assert health.check() == ["erasure ledger ahead"]


def test_closing_is_needed() -> None:
    assert guard.gate in net.GATES
    assert guard.problems in health.QUESTIONS
    with closing(testing.administrator()) as connection:
        assert connection.autocommit
