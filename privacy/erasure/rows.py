"""Finding, counting and deleting a subject's rows, by the data map's paths: plain SQL in batches of bounded locks.

A batch is one transaction of at most BATCH rows, fewer where they are slow to delete, so no lock is held for long and
a killed worker loses one batch.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from django.apps import apps
from django.db import connection, models, transaction

from privacy.datamap import Path, Scope, data_map
from privacy.erasure.subjects import Person, Subject
from privacy.paths import paths_of
from webanizr.core import tenancy

FIRST, BATCH, LEAST = 250, 2_500, 50
LONG = 0.2  # seconds: a fifth of what a lock may last
NOBODY = uuid.UUID(int=0)


@dataclass(frozen=True)
class Search:
    """One condition on one table in one context: rows of `model` where the path's column is one of `keys`."""

    model: type[models.Model]
    path: Path
    keys: tuple[Any, ...]
    account_id: uuid.UUID | None
    user_id: uuid.UUID | None

    @property
    def table(self) -> str:
        """Return the table's name, quoted."""
        return connection.ops.quote_name(self.model._meta.db_table)

    def where(self) -> tuple[str, list[Any]]:
        """Return the SQL condition and its values."""
        condition, values = _compare(self.model, self.path.column, self.path, self.keys)
        if self.account_id is not None and _is_tenant(self.model) and self.path.scope is not Scope.ACCOUNT:
            condition, values = f"account_id = %s AND {condition}", [self.account_id, *values]
        return condition, values


def _is_tenant(model: type[models.Model]) -> bool:
    return any(field.column == "account_id" for field in model._meta.local_concrete_fields)


def _compare(model: type[models.Model], name: str, path: Path, keys: tuple[Any, ...]) -> tuple[str, list[Any]]:
    field = model._meta.get_field(name)
    column = connection.ops.quote_name(str(field.column))  # type: ignore[union-attr]  # concrete
    if path.through is None:
        kind = _type_of(field)
        return f"{column} = ANY(%s::{kind}[])", [[str(key) if isinstance(key, uuid.UUID) else key for key in keys]]
    label, other = path.through
    target = apps.get_model(label)
    way = source(path)
    inner, values = _compare(target, way.column, way, keys)
    found = connection.ops.quote_name(target._meta.get_field(other).column)
    table = connection.ops.quote_name(target._meta.db_table)
    return f"{column} IN (SELECT {found} FROM {table} WHERE {inner})", values  # noqa: S608  # names of our own models


def source(path: Path) -> Path:
    """Return the path whose keys are compared: the one of the other table, where a path leads through one."""
    if path.through is None:
        return path
    return source(next(each for each in paths_of(path.through[0]) if each.scope is path.scope and not each.unlink))


def _type_of(field: Any) -> str:
    target = field.target_field if field.is_relation else field
    return str(target.db_type(connection)).partition("(")[0]


def searches(subject: Subject, label: str, *, unlink: bool = False) -> Iterator[Search]:
    """Yield every search for rows of `label` that are to be deleted, or with `unlink` to be emptied."""
    model = apps.get_model(label)
    for path in paths_of(label):
        if path.scope not in subject.scopes() or path.unlink is not unlink:
            continue
        if path.scope is not Scope.USER:
            keys = tuple(subject.keys(source(path), None))
            # who has no account is known to the platform's
            ours = path.scope is Scope.SUBSCRIBER and _is_tenant(model)
            if keys:
                yield Search(model, path, keys, tenancy.PLATFORM_ACCOUNT if ours else subject.account_id, None)
            continue
        for person in subject.people:
            for account_id in _contexts(subject, model):
                keys = tuple(subject.keys(source(path), person))
                if keys:
                    yield Search(model, path, keys, account_id, person.id)


def _contexts(subject: Subject, model: type[models.Model]) -> list[uuid.UUID | None]:
    if not _is_tenant(model):
        return [subject.account_id]
    return list(subject.elsewhere)  # an account that goes as a whole is found by its own number


@contextmanager
def context(search: Search) -> Iterator[None]:
    """Open a transaction in which the database shows what this search is about."""
    with (
        transaction.atomic(),
        tenancy.context(account_id=search.account_id, user_id=search.user_id, restore=connection.in_atomic_block),
    ):
        yield


def count(search: Search) -> int:
    """Return how many rows there are."""
    condition, values = search.where()
    with context(search), connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {search.table} WHERE {condition}", values)  # noqa: S608  # our models
        return int(cursor.fetchone()[0])


def accounts_with(found: Sequence[Search], accounts: Iterable[uuid.UUID]) -> list[uuid.UUID]:
    """Return the accounts in which one of a person's searches finds a row: there may be many, so one question for each.

    Args: found: searches about the same person, for whatever account; accounts: the ids of those to look in.
    """
    asked = [replace(search, account_id=None) for search in found]  # the tables' policies name the account
    conditions = [search.where() for search in asked]
    exists = [f"EXISTS (SELECT FROM {s.table} WHERE {c})" for s, (c, _) in zip(asked, conditions, strict=True)]
    question, values = f"SELECT {' OR '.join(exists)}", [value for _, each in conditions for value in each]
    having = []
    with context(asked[0]), connection.cursor() as cursor:
        for account_id in accounts:
            with tenancy.context(account_id=account_id, user_id=asked[0].user_id, restore=False):
                cursor.execute(question, values)
                if cursor.fetchone()[0]:
                    having.append(account_id)
    return having


def keys_of(search: Search) -> list[uuid.UUID]:
    """Return the ids of the rows."""
    condition, values = search.where()
    with context(search), connection.cursor() as cursor:
        cursor.execute(f"SELECT id FROM {search.table} WHERE {condition}", values)  # noqa: S608  # our models
        return [row[0] for row in cursor.fetchall()]


def erase_batch(search: Search, *, size: int = BATCH, counted: Callable[[int], None] = lambda gone: None) -> int:
    """Delete, or empty, at most `size` rows in one transaction; return how many.

    Args: counted: writes down how many, in the same transaction: a killed worker's count stays right.
    """
    condition, values = search.where()
    chosen = f"SELECT ctid FROM {search.table} WHERE {condition} LIMIT %s"  # noqa: S608  # our models
    if search.path.unlink:
        field = search.model._meta.get_field(search.path.column)
        column = connection.ops.quote_name(str(field.column))  # type: ignore[union-attr]  # concrete
        new = None if field.null else NOBODY
        # by key, not by ctid: of some tables the eraser may see no more than the key and this number
        key = connection.ops.quote_name(str(search.model._meta.pk.column))
        chosen = f"SELECT {key} FROM {search.table} WHERE {condition} LIMIT %s"  # noqa: S608  # our models
        sql = f"UPDATE {search.table} SET {column} = %s WHERE {key} = ANY(ARRAY({chosen}))"  # noqa: S608
        values = [new, *values]
    else:
        sql = f"DELETE FROM {search.table} WHERE ctid = ANY(ARRAY({chosen}))"  # noqa: S608
    with context(search), connection.cursor() as cursor:
        cursor.execute(sql, [*values, size])
        gone = int(cursor.rowcount)
        counted(gone)
    return gone


def next_size(size: int, took: float) -> int:
    """Return how many rows the next batch may have.

    Args: size: of the batch before, in rows; took: how long it took, in seconds.
    """
    if took > LONG:
        return max(size // 2, LEAST)
    return min(size * 2, BATCH) if took < LONG / 2 else size


def labels() -> list[str]:
    """Return every declared table's label, children first."""
    from privacy.paths import children_first

    known = data_map.load().columns
    return [model._meta.label for model in children_first() if model._meta.label in known]


def all_keys(subject: Subject, label: str) -> list[uuid.UUID]:
    """Return the ids of all rows of `label` that go."""
    return [key for search in searches(subject, label) for key in keys_of(search)]


def person_searches(person: Person, account_id: uuid.UUID) -> Iterator[Search]:
    """Yield the searches for what one account's tables know of a person."""
    one = Subject(Scope.USER, person.id, people=[person], elsewhere=[account_id])
    for label in labels():
        if _is_tenant(apps.get_model(label)):
            yield from searches(one, label)
            yield from searches(one, label, unlink=True)
