"""Every declared personal column has a way into the export: what is put into it is found again, or it says why not.

Rows are made from the models themselves, so a new column is looked for by being declared (articles 15 and 20 GDPR).
"""

from __future__ import annotations

import io
import json
import uuid
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, closing
from typing import Any

import pytest
from django.apps import apps

from newsletters.addresses import key_of
from privacy import export
from privacy.datamap import Subject, data_map
from sites.selectors.search import Filter
from sites.services import export_person
from tests import anyrow, cast
from tests.test_canary import Cage
from webanizr.core.models import Transfer
from webanizr.local import testing

AsRole = Callable[[str], AbstractContextManager[Any]]


class Holder(Cage):
    """The canary's cage, with a subscriber that the newsletter finds by the person's address."""

    def fill(self) -> None:
        """Insert the rows, and what only a hash of the address leads to."""
        super().fill()
        key, contact = key_of(self.who.user.email), self.made["newsletters.Contact"]
        with closing(testing.administrator()) as connection, connection.cursor() as cursor:
            cursor.execute("UPDATE newsletters_contact SET address_key = %s WHERE id = %s", [key, contact])
            for label, own in (
                ("newsletters.Suppression", {"address_key": key}),
                ("core.Transfer", {"person_id": contact}),
            ):
                model = apps.get_model(label)
                values = {str(f.column): anyrow.value(f, self.canary) for f in model._meta.local_concrete_fields}
                made = anyrow.insert(cursor, model, values | own)
                if label not in self.made:
                    self.made[label] = made

    def stored(self, label: str, names: Iterable[str]) -> dict[str, Any]:
        """Return what sits in the columns of this cage's row, as the administrator reads it."""
        model = apps.get_model(label)
        columns = ", ".join(f'"{model._meta.get_field(name).column}"' for name in names)
        with closing(testing.administrator()) as connection, connection.cursor() as cursor:
            sql = f'SELECT {columns} FROM "{model._meta.db_table}" WHERE "{model._meta.pk.column}" = %s'
            cursor.execute(sql, [self.made.get(label)])
            row = cursor.fetchone()
        return dict(zip(names, row, strict=True)) if row else {}


def comparable(value: Any) -> str:
    """Return a value as both sides can be compared: the export holds plain values, the database Python's."""
    value = export.plain(value)
    if isinstance(value, str) and value[:1] in ("{", "["):
        value = json.loads(value)
    return json.dumps(value, sort_keys=True, default=str)


def given(*subjects: Subject) -> Iterator[tuple[str, str]]:
    """Yield (table, column) of what the data map says that these people get."""
    for label, name, declaration in data_map.load().personal():
        if declaration.exported and declaration.subject in subjects:
            yield label, name


def without_a_way(cage: Holder, tables: Iterable[export.Table], *subjects: Subject) -> list[str]:
    """Return the columns of the map whose content isn't in the export, or of which there is no row to look for."""
    found = {table.label: table for table in tables}
    missing = []
    for label, name in given(*subjects):
        stored = cage.stored(label, [name])
        table = found.get(label)
        rows = [each[name] for each in table.as_json()] if table is not None and name in table.names else []
        if name not in stored or comparable(stored[name]) not in map(comparable, rows):
            missing.append(f"{label}.{name}")
    return missing


@pytest.fixture
def cage(transactional_db: None) -> Holder:
    data_map.load()
    made = Holder(cast.owner("Alice"), f"canary-{uuid.uuid4().hex[:12]}")
    made.fill()
    return made


def test_whatever_is_held_of_an_account_holder_is_in_the_export(cage: Holder, as_role: AsRole) -> None:
    with as_role("exporter"):
        tables = list(export.tables(cage.who.account.pk, cage.who.user.pk))
    assert without_a_way(cage, tables, Subject.ACCOUNT_HOLDER, Subject.SUBSCRIBER) == []
    assert len(tables) > 20
    words = [name for name in given(Subject.ACCOUNT_HOLDER) if cage.canary in str(cage.stored(name[0], [name[1]]))]
    assert len(words) > 20  # the canary itself sits in many of them
    csv = b"".join(table.as_csv() for table in tables).decode()
    assert csv.count(cage.canary) >= len(words)


def test_whatever_is_held_of_a_subscriber_is_in_their_package(cage: Holder, as_role: AsRole) -> None:
    contact, address = cage.made["newsletters.Contact"], cage.who.user.email
    with as_role("exporter"):
        tables = list(export.subscriber_tables(contact, address))
    assert without_a_way(cage, tables, Subject.SUBSCRIBER) == []
    assert Transfer._meta.label in {table.label for table in tables}


# Where the zip about one visitor shows each column that is about visitors: a new one is added here, with its way.
OF_A_VISITOR = {("sites.Submission", "content"): "answers", ("sites.Submission", "received_at"): "received_at"}


def test_whatever_is_held_of_a_visitor_is_in_what_the_customer_hands_over(
    transactional_db: None, as_role: AsRole
) -> None:
    assert set(given(Subject.VISITOR)) == set(OF_A_VISITOR)
    alice = cast.owner("Alice")
    site, _page, form = cast.site_of(alice)
    cast.send(as_role, site, form, name="Vera Visser", email="vera@example.nl", message="Mijn kanarie")
    with as_role("exporter"):
        everything = Filter(folder="everywhere")
        data = b"".join(export_person.write(alice.account.pk, everything, lambda done: None))
    archive = zipfile.ZipFile(io.BytesIO(data))
    named = {name.rpartition(".")[2]: archive.read(name).decode() for name in archive.namelist()}
    [message] = json.loads(named["json"])
    assert all(message[where] for where in OF_A_VISITOR.values())
    for ending in ("json", "csv", "html"):
        for word in ("Vera Visser", "vera@example.nl", "Mijn kanarie"):
            assert word in named[ending], ending


def test_the_walk_notices_a_column_without_a_way(
    cage: Holder, as_role: AsRole, monkeypatch: pytest.MonkeyPatch
) -> None:
    columns = export.exported_columns()
    columns["accounts.User"].remove("name")
    del columns["accounts.ApiToken"]
    monkeypatch.setattr(export, "exported_columns", lambda: columns)
    with as_role("exporter"):
        tables = list(export.tables(cage.who.account.pk, cage.who.user.pk))
    missing = without_a_way(cage, tables, Subject.ACCOUNT_HOLDER, Subject.SUBSCRIBER)
    assert {name.rpartition(".")[0] for name in missing} == {"accounts.User", "accounts.ApiToken"}
    assert "accounts.User.name" in missing


def test_what_is_not_given_says_why() -> None:
    silent = [
        f"{label}.{name}"
        for label, name, declaration in data_map.load().personal()
        if not declaration.exported and not declaration.withheld and declaration.subject is not Subject.STAFF
    ]
    assert silent == []
