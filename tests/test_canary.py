"""The canary: somebody is put into every declared personal column; after the erasure nothing of them is anywhere.

Rows are made from the models themselves, so a new column has its canary by being declared; a table that can't be filled
fails here. Files, caches, logs and mails are searched too.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from datetime import timedelta
from typing import Any

import pytest
import redis
from django.apps import apps
from django.conf import settings
from django.core.cache import cache
from django.db import models
from django.utils import timezone

from privacy.datamap import Erase, Personal, Scope, Subject, data_map
from privacy.erasure import engine, ledger, rows
from privacy.erasure.subjects import Person
from privacy.erasure.subjects import Subject as Erased
from privacy.paths import children_first, paths_of
from privacy.services.erasure import request_erasure
from tests import anyrow, cast
from tests.erasure_world import OURS, Clock, Elsewhere, everything, found_anywhere, one_outside
from webanizr.core import storage, tenancy
from webanizr.local import testing

AsRole = Callable[[str], AbstractContextManager[Any]]

# What somebody who works here leaves behind belongs to another subject.
NOT_HERE = {Subject.STAFF}


@pytest.fixture(autouse=True)
def outside() -> Iterator[Elsewhere]:
    storage.delete(*storage.keys(ledger.PREFIX))
    with one_outside() as system:
        yield system


class Cage:
    """Makes one row of every table that a path leads to from this account or person, parents first."""

    def __init__(self, who: cast.Person, canary: str) -> None:
        self.who, self.canary = who, canary
        self.made: dict[str, Any] = {"accounts.Account": who.account.pk, "accounts.User": who.user.pk}

    def fill(self) -> None:
        """Insert the rows as the administrator, past triggers and keys but not past checks."""
        with closing(testing.administrator()) as connection, connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            for model in reversed(children_first()):
                label = model._meta.label
                if label not in self.made and self.reaches(label):
                    self._insert(cursor, model)
            cursor.execute("UPDATE accounts_user SET name = %s WHERE id = %s", [self.canary[:80], self.who.user.pk])
            cursor.execute(
                "UPDATE accounts_account SET name = %s WHERE id = %s", [self.canary[:80], self.who.account.pk]
            )

    def reaches(self, label: str) -> bool:
        """Return whether the account's erasure finds rows of this table."""
        declared = [d for d in data_map.columns.get(label, {}).values() if isinstance(d, Personal)]
        if declared and all(d.subject in NOT_HERE for d in declared):
            return False
        return any(path.scope in (Scope.ACCOUNT, Scope.USER, Scope.SITE) for path in paths_of(label))

    def _insert(self, cursor: Any, model: type[models.Model]) -> None:
        label = model._meta.label
        canary = self.canary
        if any(isinstance(d, Personal) and d.erase is Erase.KEPT for d in data_map.columns.get(label, {}).values()):
            self.canary = "kept-by-law-0123456789"  # the row stays, cut loose: nothing of the canary may be in it
        values: dict[str, Any] = {
            str(field.column): self._value(model, field) for field in model._meta.local_concrete_fields
        }
        self.canary = canary
        key = anyrow.insert(cursor, model, values)
        if key is None:  # the cast made hers already, and there is nobody else
            cursor.execute(f'SELECT "{model._meta.pk.column}" FROM "{model._meta.db_table}" LIMIT 1')
            key = cursor.fetchone()[0]
        self.made[label] = key

    def _value(self, model: type[models.Model], field: Any) -> Any:
        label = model._meta.label
        mine = (Scope.ACCOUNT, Scope.USER, Scope.SITE)
        ways = {path.column: path for path in paths_of(label) if path.scope in mine}
        if field.name in ways:
            path = ways[field.name]
            if path.through:
                target = apps.get_model(path.through[0])
                if path.through[1] == "id":
                    return self.made[target._meta.label]
                return self._of(target._meta.label, path.through[1])
            if path.scope is Scope.USER:
                return self.who.user.email if path.key == "email" else self.who.user.pk
            if path.scope is Scope.SITE:
                return self.made["sites.Site"] if label != "sites.Site" else uuid.uuid4()
            if path.scope is Scope.ACCOUNT:
                return self.who.account.pk
        if field.is_relation:
            made = self.made.get(field.related_model._meta.label)
            return made if made is not None or field.null else self._plain(field.target_field)
        if label == "accounts.SignIn" and field.name == "session_key":
            return "canary-session"
        return self._plain(field)

    def _of(self, label: str, name: str) -> str:
        return "canary-session" if (label, name) == ("accounts.SignIn", "session_key") else self.canary

    def _plain(self, field: Any) -> Any:
        return anyrow.value(field, self.canary)


@pytest.mark.django_db(transaction=True)
def test_nothing_of_the_canary_is_left(as_role: AsRole, outside: Elsewhere) -> None:
    data_map.load()
    alice = cast.owner("Alice")
    canary = f"canary-{uuid.uuid4().hex[:12]}"
    cage = Cage(alice, canary)
    cage.fill()
    outside.holds = {alice.user.email}
    places = [
        storage_key
        for place in data_map.places
        if place.kind == "storage" and isinstance(place.declaration, Personal) and Scope.ACCOUNT in place.where
        for storage_key in [
            place.where[Scope.ACCOUNT]
            .replace("{account}", str(alice.account.pk))
            .replace("{sites.Site}", str(cage.made["sites.Site"]))
            + "canary.bin"
        ]
    ]
    for key in places:
        storage.put(key, canary.encode())
    assert without_canary(cage, as_role) == [], "no canary sits in these columns, or the erasure doesn't find it"
    assert len(cage.made) > 20
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
        clock = Clock()
        engine.advance(clock=clock)
        clock.moment += timedelta(hours=25)
        engine.advance(clock=clock)
        request.refresh_from_db()
        left = request.steps.exclude(state__in=["verified", "retained"]).values_list("kind", "target", "state", "cause")
        assert request.state == "done", list(left)
    assert everything() > 20
    for private in (canary, alice.user.email, str(alice.user.pk), str(alice.account.pk)):
        assert found_anywhere(private, but=OURS) == [], private
    assert request.certificate is not None
    kept = [line for line in request.certificate["steps"] if line["result"] == "retained"]
    assert [(line["where"], line["law"]) for line in kept] == [("invoices", "artikel 52 AWR")]
    assert outside.holds == set()
    for key in places:
        assert list(storage.keys(key)) == []
    assert _in_redis(canary) == []
    assert _in_redis(alice.user.email) == []


def without_canary(cage: Cage, as_role: AsRole) -> list[str]:
    """Return the personal columns in which no canary sits, or whose rows the erasure's own search doesn't find."""
    subject = Erased(
        Scope.ACCOUNT,
        cage.who.account.pk,
        cage.who.account.pk,
        people=[Person(cage.who.user.pk, [cage.who.user.email])],
        sites=[cage.made["sites.Site"]],
    )
    missing = []
    with as_role("eraser"):
        for label, name, declaration in data_map.personal():
            if declaration.subject in NOT_HERE or declaration.erase in (Erase.KEPT, Erase.EXPIRES):
                continue
            ways = [*rows.searches(subject, label), *rows.searches(subject, label, unlink=True)]
            if not any(rows.count(search) for search in ways):
                missing.append(f"{label}.{name}")
    return missing


def _in_redis(text: str) -> list[bytes]:
    with redis.Redis.from_url(settings.REDIS_URL) as server:
        return [key for key in server.scan_iter() if text.encode() in key or text.encode() in (server.dump(key) or b"")]


@pytest.mark.django_db(transaction=True)
def test_the_cage_notices_a_column_without_canary(as_role: AsRole) -> None:
    data_map.load()
    cage = Cage(cast.owner("Alice"), "canary-none")
    cage.made["accounts.ApiToken"] = uuid.uuid4()  # says that it is filled, and isn't
    cage.fill()
    cache.set("unrelated", "1")
    assert {name.rpartition(".")[0] for name in without_canary(cage, as_role)} == {"accounts.ApiToken"}
