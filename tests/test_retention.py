"""Every term of the data map is kept by a job: what has had its time goes, with its file, and nothing else does."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from datetime import timedelta
from typing import Any

import pytest
from celery import current_app
from django.apps import apps
from django.contrib.sessions.models import Session
from django.db import models
from django.utils import timezone

from accounts.models import AuditEvent, SignIn
from privacy.datamap import Term, data_map
from privacy.services.retention import delete_expired
from tests import anyrow, cast
from webanizr.core import storage, tenancy
from webanizr.core.models import Job, Transfer
from webanizr.local import testing

AsRole = Callable[[str], AbstractContextManager[Any]]


@pytest.mark.django_db(transaction=True)
def test_what_has_had_its_time_goes(as_role: AsRole) -> None:
    alice, charlie = cast.owner("Alice"), cast.owner("Charlie")
    now = timezone.now()
    storage.put("exports/old.csv", b"old")
    storage.put("exports/new.csv", b"new")
    with as_role("worker"):
        for days in (1, 800):
            Transfer.objects.create(
                person_id=alice.user.pk, processor="x", purpose="x", fields=[], at=now - timedelta(days)
            )
    for who in (alice, charlie):
        with tenancy.tenant(who.account.pk, user_id=who.user.pk):
            for days in (1, 800):
                AuditEvent.objects.create(action=f"made.{days}", actor_id=who.user.pk, at=now - timedelta(days=days))
    with tenancy.tenant(alice.account.pk, user_id=alice.user.pk):
        for name, ends in (("old", now - timedelta(hours=1)), ("new", now + timedelta(days=1))):
            Job.objects.create(
                kind="export", state="done", result_key=f"exports/{name}.csv", created_by=alice.user.pk, expires_at=ends
            )
    with tenancy.tenant(alice.account.pk, user_id=alice.user.pk):
        SignIn.objects.create(user=alice.user, session_key=uuid.uuid4().hex[:32], seen_at=now - timedelta(days=40))
    Session.objects.create(session_key="old", session_data="x", expire_date=now - timedelta(days=1))
    with as_role("eraser"):
        gone = delete_expired(now=now)
    assert gone["accounts.AuditEvent"] == 2
    assert gone["core.Transfer"] == 1
    assert gone["core.Job"] == 1
    assert gone["sessions.Session"] >= 1
    assert gone["accounts.SignIn"] == 1
    assert list(storage.keys("exports/old")) == []
    assert list(storage.keys("exports/new")) == ["exports/new.csv"]
    storage.delete("exports/new.csv")
    with tenancy.tenant(alice.account.pk, user_id=alice.user.pk):
        assert AuditEvent.objects.filter(action="made.1").exists()
        assert Job.objects.count() == 1
    with as_role("eraser"):
        assert delete_expired(now=now) == {}


def every_term() -> list[tuple[str, Term]]:
    return [(label, term) for label, terms in data_map.load().terms.items() for term in terms]


def jobs() -> dict[str, str]:
    """Return the login under which the clock starts each task."""
    current_app.loader.import_default_modules()
    found = {}
    for entry in current_app.conf.beat_schedule.values():
        queue = entry.get("options", {}).get("queue") or getattr(current_app.tasks[entry["task"]], "queue", "")
        found[entry["task"]] = "eraser" if queue == "erase" else "worker"
    return found


class Aged:
    """Puts two rows into a table: one whose term is over since a day, and one that has a day to go."""

    def __init__(self, cursor: Any) -> None:
        self.cursor, self.now = cursor, timezone.now()
        self.rows: dict[tuple[str, str, uuid.UUID, bool], tuple[type[models.Model], Any]] = {}

    def put(self, label: str, term: Term, account_id: uuid.UUID) -> None:
        """Insert both."""
        model = apps.get_model(label)
        others = {each.column for each in data_map.terms[label]} - {term.column}
        for over in (True, False):
            word = f"w{uuid.uuid4().hex[:8]}"
            values: dict[str, Any] = {}
            for field in model._meta.local_concrete_fields:
                plain = anyrow.value(field.target_field if field.is_relation else field, word)
                plain = len(self.rows) * 2 + over if field.get_internal_type() == "PositiveIntegerField" else plain
                values[str(field.column)] = None if field.null and field.name in others else plain
            values |= {"account_id": account_id} if "account_id" in values else {}
            for name, wanted in term.only.items():
                self._condition(model, values, name, wanted)
            moment = self.now - timedelta(days=term.days) + timedelta(days=-1 if over else 1)
            column: Any = model._meta.get_field(term.column)
            values[str(column.column)] = moment if isinstance(column, models.DateTimeField) else moment.date()
            key = anyrow.insert(self.cursor, model, values)
            assert key is not None, label
            self.rows[label, f"{term.column} {dict(term.only)}", account_id, over] = (model, key)

    def _condition(self, model: type[models.Model], values: dict[str, Any], name: str, wanted: Any) -> None:
        field, _colon, other = name.partition("__")
        column: Any = model._meta.get_field(field)
        if not other:
            values[str(column.column)] = wanted
            return
        target = column.related_model
        content = {str(f.column): anyrow.value(f, uuid.uuid4().hex[:9]) for f in target._meta.local_concrete_fields}
        content[other] = wanted
        values[str(column.column)] = anyrow.insert(self.cursor, target, content)

    def there(self, row: tuple[type[models.Model], Any]) -> bool:
        """Return whether a row still exists."""
        model, key = row
        sql = f'SELECT 1 FROM "{model._meta.db_table}" WHERE "{model._meta.pk.column}" = %s'
        self.cursor.execute(sql, [key])
        return self.cursor.fetchone() is not None


@pytest.mark.django_db(transaction=True)
def test_every_declared_term_is_kept_by_a_job_that_deletes(as_role: AsRole) -> None:
    """Walks the data map: a term without a job, or a job that deletes nothing or too much, fails by its name."""
    alice, logins = cast.owner("Alice"), jobs()
    terms = every_term()
    assert len(terms) >= 20
    with closing(testing.administrator()) as connection, connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        aged = Aged(cursor)
        for label, term in terms:
            tenant = any(field.column == "account_id" for field in apps.get_model(label)._meta.local_concrete_fields)
            for account_id in (alice.account.pk, tenancy.PLATFORM_ACCOUNT) if tenant else (alice.account.pk,):
                aged.put(label, term, account_id)
        assert all(aged.there(row) for row in aged.rows.values())
        for name in sorted({term.by or "privacy.tasks.keep_terms" for _label, term in terms}):
            assert name in logins, f"nothing starts {name}"
            with as_role(logins[name]):
                current_app.tasks[name]()
        kept_too_long = [name for name, row in aged.rows.items() if name[-1] and aged.there(row)]
        gone_too_soon = [name for name, row in aged.rows.items() if not name[-1] and not aged.there(row)]
        assert kept_too_long == []
        assert gone_too_soon == []
