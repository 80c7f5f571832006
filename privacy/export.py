"""Everything that the data map says of one account and the person who asks, as plain data (articles 15 and 20 GDPR).

What visitors sent is opened by `sites`; systems outside are asked for their copies. Runs as the exporter.
"""

from __future__ import annotations

import csv
import io
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.db import connection

from privacy.connectors.base import CannotAnswer, Identity, systems
from privacy.datamap import Scope, Subject, data_map
from privacy.erasure import rows
from privacy.erasure.subjects import Person
from privacy.erasure.subjects import Subject as Selected
from webanizr.core import tenancy
from webanizr.core.net import NotSent, SwitchedOff, Throttled, Uncertain

# Who else's data is in these tables has a way of their own: visitors' messages, staff, subscribers by a mailed link.
NOT_HERE = (Subject.VISITOR, Subject.STAFF, Subject.SUBSCRIBER)
# Promise 05: which invoicing data this login may read is billing's to say; the rest is on billing's own pages.
OWN_PAGES = ("billing",)


@dataclass(frozen=True)
class Table:
    """The rows of one table. Args: columns: what a reader calls them; rows: values as text or None."""

    label: str
    columns: list[str]
    names: list[str]
    rows: list[list[Any]]

    def as_json(self) -> list[dict[str, Any]]:
        """Return a dictionary for each row, by the columns' own names."""
        return [dict(zip(self.names, row, strict=True)) for row in self.rows]

    def as_csv(self) -> bytes:
        """Return the rows for a spreadsheet: UTF-8 with a byte order mark, and no cell that is taken for a formula."""
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow(self.columns)
        writer.writerows([[_safe(value) for value in row] for row in self.rows])
        return b"\xef\xbb\xbf" + out.getvalue().encode()


def _safe(value: Any) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def exported_columns() -> dict[str, list[str]]:
    """Return the columns that an account holder gets, by table."""
    found: dict[str, list[str]] = {}
    for label, name, declaration in data_map.load().personal():
        if declaration.exported and declaration.subject not in NOT_HERE:
            found.setdefault(label, []).append(name)
    return found


def tables(account_id: uuid.UUID, user_id: uuid.UUID) -> Iterator[Table]:
    """Yield every table with rows about the account or the person, in one transaction each."""
    person = who(user_id)
    subject = Selected(Scope.ACCOUNT, account_id, account_id, people=[person])
    with tenancy.tenant(account_id, user_id=user_id):
        site = apps.get_model("sites.Site")._default_manager
        subject.sites = list(site.filter(account_id=account_id).values_list("pk", flat=True))
    for label, names in exported_columns().items():
        model = apps.get_model(label)
        if label.partition(".")[0] in OWN_PAGES and not _may_read(model._meta.db_table):
            continue
        fields = [model._meta.get_field(name) for name in names]
        picked = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
        seen: dict[str, list[Any]] = {}
        for search in rows.searches(subject, label):
            condition, values = search.where()
            with tenancy.tenant(account_id, user_id=user_id), connection.cursor() as cursor:
                sql = f"SELECT ctid::text, {picked} FROM {search.table} WHERE {condition}"  # noqa: S608  # our models
                cursor.execute(sql, values)
                seen |= {row[0]: [_plain(value) for value in row[1:]] for row in cursor.fetchall()}
        if seen:
            columns = [str(getattr(field, "verbose_name", field.name)) for field in fields]
            yield Table(label, columns, names, list(seen.values()))


def _may_read(table: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_table_privilege(%s, 'SELECT')", [table])
        return bool(cursor.fetchone()[0])


def who(user_id: uuid.UUID) -> Person:
    """Return the person who asks, with every address."""
    with tenancy.tenant(tenancy.PLATFORM_ACCOUNT, user_id=user_id):
        user = apps.get_model("accounts.User")._default_manager.filter(pk=user_id).values("name", "email").first()
        address = apps.get_model("account.EmailAddress")._default_manager.filter(user_id=user_id)
        emails = [*([user["email"]] if user else []), *address.values_list("email", flat=True)]
    return Person(user_id, list(dict.fromkeys(each.lower() for each in emails)), user["name"] if user else "")


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, uuid.UUID | Decimal):
        return str(value)
    if isinstance(value, memoryview | bytes):
        return None  # sealed or hashed: nothing to read
    return value


def copies_outside(person: Person) -> dict[str, Any]:
    """Return what each system outside has of the person, or why it could not tell. Outside any transaction."""
    found: dict[str, Any] = {}
    identity = Identity(person_id=person.id, emails=tuple(person.emails))
    for kind, system in systems().items():
        try:
            found[kind] = {"system": system.name, "data": [system.export(each) for each in system.locate(identity)]}
        except CannotAnswer as error:
            found[kind] = {"system": system.name, "not_available": error.cause}
        except SwitchedOff:
            found[kind] = {"system": system.name, "not_available": "not_configured"}
        except (NotSent, Uncertain, Throttled):
            found[kind] = {"system": system.name, "not_available": "no_answer"}
    return found
