"""The canary: somebody is put into every declared personal column; after the erasure nothing of them is anywhere.

Rows are made from the models themselves, so a new column has its canary by being declared; a table that can't be filled
fails here. Files, caches, logs and mails are searched too.
"""

from __future__ import annotations

import base64
import gzip
import json
import logging
import random
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from datetime import timedelta
from typing import Any

import pytest
import redis
from django.apps import apps
from django.conf import settings
from django.db import models
from django.utils import timezone

from privacy.datamap import Erase, Personal, Scope, Subject, data_map
from privacy.erasure import engine, ledger, rows
from privacy.erasure.subjects import Person
from privacy.erasure.subjects import Subject as Erased
from privacy.paths import children_first, paths_of
from privacy.services.erasure import request_erasure
from tests import anyrow, canaries, cast
from tests.erasure_world import (
    OURS,
    Clock,
    Elsewhere,
    found_anywhere,
    in_redis,
    in_storage,
    one_outside,
    recognised,
)
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

    def places(self) -> list[str]:
        """Return a key below every prefix of the data map that goes with the account."""
        found = []
        for place in data_map.places:
            if place.kind == "storage" and isinstance(place.declaration, Personal) and Scope.ACCOUNT in place.where:
                prefix = place.where[Scope.ACCOUNT].replace("{account}", str(self.who.account.pk))
                for label in ("sites.Site", "accounts.User", "newsletters.Contact"):
                    prefix = prefix.replace(f"{{{label}}}", str(self.made[label]))
                found.append(f"{prefix}canary.bin")
        return found

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
            return self.canary[:40]
        return self._plain(field)

    def _of(self, label: str, name: str) -> str:
        return self.canary[:40] if (label, name) == ("accounts.SignIn", "session_key") else self.canary

    def _plain(self, field: Any) -> Any:
        declared = data_map.columns.get(field.model._meta.label, {}).get(field.name)
        expires = isinstance(declared, Personal) and declared.erase is Erase.EXPIRES
        return anyrow.value(field, "goes-by-itself-0123456789" if expires else self.canary)


@pytest.mark.django_db(transaction=True)
def test_nothing_of_the_canary_is_left(
    as_role: AsRole, outside: Elsewhere, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    data_map.load()
    caplog.set_level(logging.DEBUG)
    alice = cast.owner("Alice")
    mark = "zq" + "".join(random.choice("ghijklmnoprstuvwxyz") for _ in range(6))  # fits in short columns, is no hex
    canary = f"{mark}-canary-{uuid.uuid4().hex[:8]}"
    words = [mark, alice.user.email]
    cage = Cage(alice, canary)
    cage.fill()
    outside.holds = {alice.user.email}
    places = cage.places()
    for key in places:
        storage.put(key, canary.encode())
    wait_in_redis(alice, monkeypatch)
    assert without_canary(cage, as_role, words) == [], "no canary sits in these columns, or the erasure misses its row"
    assert len(cage.made) > 20
    assert recognised(words)
    assert set(places) <= set(in_storage(words))
    assert in_redis([str(alice.user.pk)])
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
    caplog.clear()
    with as_role("eraser"):
        clock = Clock()
        engine.advance(clock=clock)
        clock.moment += timedelta(hours=25)
        engine.advance(clock=clock)
        request.refresh_from_db()
        left = request.steps.exclude(state__in=["verified", "retained"]).values_list("kind", "target", "state", "cause")
        assert request.state == "done", list(left)
    assert recognised(words) == [], "the eraser's own tables included"
    for number in (str(alice.user.pk), str(alice.account.pk)):
        assert found_anywhere(number, but=OURS) == [], number
    assert in_storage(words) == []
    assert in_redis([*words, str(alice.user.pk)]) == []
    assert canaries.seen(words, caplog.text.encode()) == set()
    assert outside.holds == set()
    assert request.certificate is not None
    assert canaries.seen(words, str(request.certificate).encode()) == set()
    kept = [line for line in request.certificate["steps"] if line["result"] == "retained"]
    assert [(line["where"], line["law"]) for line in kept] == [("invoices", "artikel 52 AWR")]


def wait_in_redis(who: cast.Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a page view of somebody wait for the statistics, with their number and IP address."""
    monkeypatch.setattr(settings, "STATISTICS_BASE_URL", "http://127.0.0.1:9")
    assert who.client.get("/inbox/").status_code == 200
    monkeypatch.setattr(settings, "STATISTICS_BASE_URL", "")


def without_canary(cage: Cage, as_role: AsRole, words: list[str]) -> list[str]:
    """Return the personal columns in which no canary sits, or whose rows the erasure's own search doesn't find."""
    subject = Erased(
        Scope.ACCOUNT,
        cage.who.account.pk,
        cage.who.account.pk,
        people=[Person(cage.who.user.pk, [cage.who.user.email])],
        sites=[cage.made["sites.Site"]],
    )
    missing = []
    with closing(testing.administrator()) as connection, connection.cursor() as cursor, as_role("eraser"):
        for label, name, declaration in data_map.personal():
            if declaration.subject in NOT_HERE or declaration.erase in (Erase.KEPT, Erase.EXPIRES):
                continue
            ways = [*rows.searches(subject, label), *rows.searches(subject, label, unlink=True)]
            if not any(rows.count(search) for search in ways) or not sits(cursor, label, name, words):
                missing.append(f"{label}.{name}")
    return missing


def sits(cursor: Any, label: str, name: str, words: list[str]) -> bool:
    """Return whether one of the words is in the column; a column that can hold no word has one by its row."""
    model = apps.get_model(label)
    field: Any = model._meta.get_field(name)
    able = field.get_internal_type() in (
        "CharField",
        "TextField",
        "EmailField",
        "SlugField",
        "JSONField",
        "BinaryField",
    )
    if not able or field.choices or (field.max_length or 200) < 8 or any(p.column == name for p in paths_of(label)):
        return True
    cursor.execute(f'SELECT "{field.column}"::text FROM "{model._meta.db_table}"')
    return any(canaries.seen(words, str(value).encode()) for (value,) in cursor.fetchall())


@pytest.mark.django_db(transaction=True)
def test_the_cage_notices_a_column_without_canary(as_role: AsRole) -> None:
    data_map.load()
    cage = Cage(cast.owner("Alice"), "canary-none")
    cage.made["accounts.ApiToken"] = uuid.uuid4()  # says that it is filled, and isn't
    cage.fill()
    with closing(testing.administrator()) as connection, connection.cursor() as cursor:
        cursor.execute("UPDATE sites_page SET description = 'nothing'")
    words = ["canary-n", cage.who.user.email]
    missing = without_canary(cage, as_role, words)
    assert {name.rpartition(".")[0] for name in missing if name != "sites.Page.description"} == {"accounts.ApiToken"}
    assert "sites.Page.description" in missing


@pytest.mark.django_db(transaction=True)
def test_the_search_recognises_a_word_wherever_it_is(as_role: AsRole) -> None:
    """A net with holes proves nothing: bytes, JSON, the eraser's own tables, each database of Redis, older files."""
    canaries.self_test("zqmarkje")
    with closing(testing.administrator()) as connection, connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        for label in ("privacy.ErasureStep", "newsletters.Suppression", "core.Outbox", "sites.Submission"):
            model = apps.get_model(label)
            fields = model._meta.local_concrete_fields
            row = {
                str(f.column): anyrow.value(f.target_field if f.is_relation else f, "zqmarkje-canary") for f in fields
            }
            anyrow.insert(cursor, model, row)
    tables = {table for table, _row, _words in recognised(["zqmarkje"])}
    assert tables == {"privacy_erasurestep", "newsletters_suppression", "core_outbox", "sites_submission"}
    storage.put("exports/zq/old.zip", gzip.compress(b"zqmarkje" * 20))
    assert in_storage(["zqmarkje"]) == ["exports/zq/old.zip"]
    storage.delete("exports/zq/old.zip")
    with redis.Redis.from_url(settings.REDIS_URL) as server:
        server.rpush("canary:list", json.dumps(["zqmarkje" * 50]))
        server.hset("canary:hash", "field", base64.b64encode(b"x zqmarkje"))
        assert sorted(key.partition(":")[2] for key in in_redis(["zqmarkje"])) == ["canary:hash", "canary:list"]
        server.delete("canary:list", "canary:hash")
