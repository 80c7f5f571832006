"""Everything that the product holds about the person who is signed in: the data map's lines, with what is in them now.

Article 15 GDPR in one page. No list of its own: what isn't declared can't be stored, and what is declared is counted.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

from django.apps import apps
from django.db import DatabaseError, connection, models, transaction
from django.utils.translation import gettext as _

from privacy import export, words
from privacy.datamap import Erase, Personal, Scope, Subject, data_map
from privacy.erasure import rows
from privacy.erasure.subjects import Person
from privacy.erasure.subjects import Subject as Selected
from webanizr.core.models import Job

SHOWN_VALUES = 4
SHOWN_EXPORTS = 3
LONGEST = 60  # characters of a value
ABOUT = (Subject.ACCOUNT_HOLDER, Subject.SUBSCRIBER)


@dataclass(frozen=True)
class Held:
    """One line of the page. Args: recipients: who else has it; count: rows; values: what is in it, where short."""

    what: str
    purpose: str
    basis: str
    retention: str
    recipients: str
    count: int
    values: tuple[str, ...]


@dataclass(frozen=True)
class _Found:
    count: int
    first: dict[str, Any]


def held(person: Person, *, account_id: uuid.UUID, owner: bool) -> list[Held]:
    """Return what is held about a person, most telling first; lines of which nothing is held are left out.

    Args: owner: whether the account's own data are theirs to see, invoicing data too. In the person's own context.
    """
    grouped: dict[Personal, dict[str, list[str]]] = {}
    for label, name, declaration in data_map.load().personal():
        if declaration.exported and declaration.subject in ABOUT:
            line = replace(declaration, erase=Erase.WITH_ROW)
            grouped.setdefault(line, {}).setdefault(label, []).append(name)
    subject = _subject(person, account_id, owner=owner)
    counted: dict[str, _Found] = {}
    found = []
    for declaration, columns in grouped.items():
        for label in columns:
            if label not in counted:
                counted[label] = _count(label, subject, person)
        count = sum(counted[label].count for label in columns)
        if count:
            found.append(_line(declaration, columns, counted, count))
    return sorted(found, key=lambda line: (not line.values, line.what.casefold()))


def _subject(person: Person, account_id: uuid.UUID, *, owner: bool) -> Selected:
    if not owner:
        return Selected(Scope.USER, person.id, None, people=[person], elsewhere=[account_id])
    subject = Selected(Scope.ACCOUNT, account_id, account_id, people=[person])
    sites = apps.get_model("sites.Site")._default_manager.filter(account_id=account_id)
    subject.sites = list(sites.values_list("pk", flat=True))
    return subject


def _line(declaration: Personal, columns: dict[str, list[str]], counted: dict[str, _Found], count: int) -> Held:
    who = dict.fromkeys(
        each.name
        for label, names in columns.items()
        for name in names
        for each in data_map.recipients(label, name)
        if each.enabled  # nobody gets it from a connector that is off
    )
    names = [
        str(apps.get_model(label)._meta.get_field(name).verbose_name)
        for label, fields in columns.items()
        if counted[label].count
        for name in fields
    ]
    single = [label for label in columns if counted[label].count == 1]
    values = [
        text
        for label in single
        for name in columns[label]
        if (text := _text(label, name, counted[label].first.get(name)))
    ]
    return Held(
        what=str(declaration.what or ", ".join(dict.fromkeys(names)).capitalize()),
        purpose=str(declaration.purpose),
        basis=str(declaration.basis.value),
        retention=str(declaration.retention),
        recipients=", ".join(who) or _("Nobody"),
        count=count,
        values=tuple(dict.fromkeys(values))[:SHOWN_VALUES],
    )


def _text(label: str, name: str, value: Any) -> str:
    if value in (None, "", []) or isinstance(value, bytes | memoryview | dict | bool | uuid.UUID):
        return ""
    if isinstance(value, list) and not all(isinstance(each, str) for each in value):
        return ""  # how a form or a menu is built is for programs to read
    text = " ".join(words.say(label, name, value).split())
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _count(label: str, subject: Selected, person: Person) -> _Found:
    """Count a table's rows, with the first one's columns; a table that this login may not read has none to show."""
    found: dict[str, dict[str, Any]] = {}
    try:
        with transaction.atomic():
            for row in _rows(label, subject, person):
                found[row.pop("ctid")] = row
    except DatabaseError:
        return _Found(0, {})
    return _Found(len(found), next(iter(found.values()), {}))


def _rows(label: str, subject: Selected, person: Person) -> Iterator[dict[str, Any]]:
    names = export.exported_columns().get(label, [])
    fields: list[models.Field[Any, Any]] = [apps.get_model(label)._meta.get_field(name) for name in names]
    if not fields:
        return
    if export.is_subscribers(label):
        table = connection.ops.quote_name(apps.get_model(label)._meta.db_table)
        for address in person.emails:
            for opened in export.SUBSCRIBERS:
                with opened(address) as known:
                    if known:
                        yield from _select(fields, table, "true", [])
        return
    with ExitStack() as purposes:
        for purpose in export.PURPOSES if subject.scope is Scope.ACCOUNT else ():
            purposes.enter_context(purpose())
        for unlink in (False, True):
            for search in rows.searches(subject, label, unlink=unlink):
                condition, values = search.where()
                yield from _select(fields, search.table, condition, values)


def _select(
    fields: Sequence[models.Field[Any, Any]], table: str, condition: str, values: list[Any]
) -> Iterator[dict[str, Any]]:
    columns = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT ctid::text, {columns} FROM {table} WHERE {condition} LIMIT 10000", values)  # noqa: S608
        for row in cursor.fetchall():
            values_by_name = {field.name: _read(field, each) for field, each in zip(fields, row[1:], strict=True)}
            yield {"ctid": row[0], **values_by_name}


def _read(field: models.Field[Any, Any], value: Any) -> Any:
    return json.loads(value) if isinstance(field, models.JSONField) and isinstance(value, str) else value


def person_of(user: Any) -> Person:
    """Return who is signed in, with every address."""
    addresses = apps.get_model("account.EmailAddress")._default_manager.filter(user_id=user.pk)
    emails = [user.email, *addresses.values_list("email", flat=True)]
    return Person(user.pk, list(dict.fromkeys(each.lower() for each in emails)), user.name)


def exports(user_id: uuid.UUID) -> list[Job]:
    """Return the newest exports of their own data that somebody asked for; the last days', newest first."""
    found = Job.objects.filter(kind="export", created_by=user_id, params__content__in=["everything", "me"])
    return list(found.order_by("-created_at")[:SHOWN_EXPORTS])


def download(person: Person, *, account_id: uuid.UUID, owner: bool) -> dict[str, list[dict[str, Any]]]:
    """Return the rows themselves by table, as plain values: what a person takes along at once (article 20)."""
    subject = _subject(person, account_id, owner=owner)
    found: dict[str, list[dict[str, Any]]] = {}
    for label in export.exported_columns():
        kept: dict[str, dict[str, Any]] = {}
        try:
            with transaction.atomic():
                for row in _rows(label, subject, person):
                    kept[row.pop("ctid")] = {name: export.plain(value) for name, value in row.items()}
        except DatabaseError:
            continue
        if kept:
            found[label] = list(kept.values())
    return found
