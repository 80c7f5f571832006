"""Everything that the data map says of one account and the person who asks, as plain data (articles 15 and 20 GDPR).

What visitors sent is opened by `sites`; systems outside are asked for their copies. Runs as the exporter.
"""

from __future__ import annotations

import csv
import io
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.db import connection, models

from privacy.connectors.base import CannotAnswer, ExternalSystem, Identity
from privacy.datamap import NotPersonal, Personal, Scope, Subject, data_map
from privacy.erasure import rows
from privacy.erasure.subjects import Person
from privacy.erasure.subjects import Subject as Selected
from webanizr.core import tenancy
from webanizr.core.net import NotSent, SwitchedOff, Uncertain
from webanizr.core.throttle import Throttled

# Who else's data is in these tables has a way of their own: visitors' messages are opened by `sites`.
NOT_HERE = (Subject.VISITOR, Subject.STAFF)
# Opens what is known of a subscriber with an address, and yields whether there is one; an application registers it.
SUBSCRIBERS: list[Callable[[str], AbstractContextManager[bool]]] = []
# Purposes for which the app's login sees more of an account's own data (invoicing); inside an open transaction.
PURPOSES: list[Callable[[], AbstractContextManager[None]]] = []


@dataclass(frozen=True)
class Table:
    """The rows of one table. Args: title, columns: what a reader calls them; rows: values as text or None."""

    label: str
    title: str
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
    """Return the columns that an account holder gets, by table: their personal ones and what explains those."""
    found: dict[str, list[str]] = {}
    for label, columns in data_map.load().columns.items():
        if any(_is_given(each) for each in columns.values()):
            found[label] = [name for name, each in columns.items() if _is_given(each) or _is_shown(each)]
    return found


def _is_given(declaration: object) -> bool:
    return isinstance(declaration, Personal) and declaration.exported and declaration.subject not in NOT_HERE


def _is_shown(declaration: object) -> bool:
    return isinstance(declaration, NotPersonal) and declaration.shown


def title_of(label: str) -> str:
    """Return what a reader calls a table: what the data map says is in it, else what it is for."""
    given = [each for each in data_map.load().columns[label].values() if isinstance(each, Personal) and _is_given(each)]
    whats = [str(each.what) for each in given if each.what]
    return ", ".join(dict.fromkeys(whats)) if whats else str(given[0].purpose)


def is_subscribers(label: str) -> bool:
    """Whether a table is about subscribers: found by an address, not by an account."""
    return any(
        isinstance(each, Personal) and each.exported and each.subject is Subject.SUBSCRIBER
        for each in data_map.load().columns[label].values()
    )


def tables(account_id: uuid.UUID, user_id: uuid.UUID) -> Iterator[Table]:
    """Yield every table with rows about the account or the person who owns it, in one transaction each."""
    person = who(user_id)
    subject = Selected(Scope.ACCOUNT, account_id, account_id, people=[person])
    with tenancy.tenant(account_id, user_id=user_id):
        site = apps.get_model("sites.Site")._default_manager
        subject.sites = list(site.filter(account_id=account_id).values_list("pk", flat=True))
    yield from _tables(subject, person.emails, account_id, user_id)


def member_tables(account_id: uuid.UUID, user_id: uuid.UUID) -> Iterator[Table]:
    """Yield every table with rows about somebody who works in the account, and none of the account's own."""
    person = who(user_id)
    subject = Selected(Scope.USER, user_id, None, people=[person], elsewhere=[account_id])
    yield from _tables(subject, person.emails, account_id, user_id)


def subscriber_tables(contact_id: uuid.UUID, address: str) -> Iterator[Table]:
    """Yield every table with rows about a subscriber of the newsletter. They need no account."""
    subject = Selected(Scope.SUBSCRIBER, contact_id, None, people=[Person(contact_id, [address])])
    yield from _tables(subject, [address], tenancy.PLATFORM_ACCOUNT, contact_id)


def _tables(subject: Selected, emails: Sequence[str], account_id: uuid.UUID, user_id: uuid.UUID) -> Iterator[Table]:
    for label, names in exported_columns().items():
        fields: list[models.Field[Any, Any]] = [apps.get_model(label)._meta.get_field(name) for name in names]
        if is_subscribers(label):
            found = _subscriber(label, fields, emails)
        else:
            found = _rows(label, fields, subject, account_id, user_id)
        if found:
            columns = [str(getattr(field, "verbose_name", field.name)) for field in fields]
            yield Table(label, title_of(label), columns, names, found)


def _picked(fields: Sequence[models.Field[Any, Any]]) -> str:
    return ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)


def _rows(
    label: str,
    fields: Sequence[models.Field[Any, Any]],
    subject: Selected,
    account_id: uuid.UUID,
    user_id: uuid.UUID,
) -> list[list[Any]]:
    """Return the rows that the data map's ways lead to; also those that stay when the account goes."""
    seen: dict[str, list[Any]] = {}
    for unlink in (False, True):
        for search in rows.searches(subject, label, unlink=unlink):
            condition, values = search.where()
            with tenancy.tenant(account_id, user_id=user_id), connection.cursor() as cursor:
                sql = f"SELECT ctid::text, {_picked(fields)} FROM {search.table} WHERE {condition}"  # noqa: S608  # our models
                cursor.execute(sql, values)
                seen |= {row[0]: [plain(value) for value in row[1:]] for row in cursor.fetchall()}
    return list(seen.values())


def _subscriber(label: str, fields: Sequence[models.Field[Any, Any]], emails: Sequence[str]) -> list[list[Any]]:
    """Return what is known of a subscriber with one of the addresses: the database shows no other."""
    found: list[list[Any]] = []
    table = connection.ops.quote_name(apps.get_model(label)._meta.db_table)
    for address in emails:
        for opened in SUBSCRIBERS:
            with opened(address) as known, connection.cursor() as cursor:
                if known:
                    cursor.execute(f"SELECT {_picked(fields)} FROM {table}")  # noqa: S608  # our models
                    found += [[plain(value) for value in row] for row in cursor.fetchall()]
    return found


def who(user_id: uuid.UUID) -> Person:
    """Return the person who asks, with every address."""
    with tenancy.tenant(tenancy.PLATFORM_ACCOUNT, user_id=user_id):
        user = apps.get_model("accounts.User")._default_manager.filter(pk=user_id).values("name", "email").first()
        address = apps.get_model("account.EmailAddress")._default_manager.filter(user_id=user_id)
        emails = [*([user["email"]] if user else []), *address.values_list("email", flat=True)]
    return Person(user_id, list(dict.fromkeys(each.lower() for each in emails)), user["name"] if user else "")


def plain(value: Any) -> Any:
    """Return a column's value for a file: text, a number or None."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, uuid.UUID | Decimal):
        return str(value)
    if isinstance(value, memoryview | bytes):
        return None  # sealed or hashed: nothing to read
    return value


def copy_outside(system: ExternalSystem, identity: Identity) -> dict[str, Any]:
    """Return what one system has of somebody, or why it could not tell. Outside any transaction."""
    try:
        return {"system": system.name, "data": [system.export(each) for each in system.locate(identity)]}
    except CannotAnswer as error:
        return {"system": system.name, "not_available": error.cause}
    except SwitchedOff:
        return {"system": system.name, "not_available": "not_configured"}
    except (NotSent, Uncertain, Throttled):
        return {"system": system.name, "not_available": "no_answer"}
