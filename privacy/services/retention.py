"""The nightly end of every term in the data map: rows that have had their time go, with their files. As the eraser."""

from __future__ import annotations

import logging
import uuid
from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.db import connection, models, transaction

from privacy.datamap import Term, data_map
from webanizr.core import storage, tenancy
from webanizr.core.tasks import tenant_ids

log = logging.getLogger(__name__)

BATCH = 1000


def delete_expired(*, now: datetime) -> dict[str, int]:
    """Delete what every term says; return how many rows of each table went. A table that fails stops no other."""
    gone: dict[str, int] = {}
    for label, terms in data_map.load().terms.items():
        for term in terms:
            if term.by:
                continue  # another job of the product does it
            try:
                done = _table(label, term, now)
            except Exception as error:  # whatever the database or the storage says: the other tables still have terms
                log.error("the term of %s could not be kept: %s", label, type(error).__name__)
                continue
            if done:
                gone[label] = gone.get(label, 0) + done
    return gone


def _table(label: str, term: Term, now: datetime) -> int:
    model = apps.get_model(label)
    before = now - timedelta(days=term.days)
    accounts: list[uuid.UUID | None] = [None]
    if any(field.column == "account_id" for field in model._meta.local_concrete_fields):
        accounts = [*tenant_ids()]
    done = 0
    for account_id in accounts:
        while batch := _batch(model, term, before, account_id):
            done += batch
    return done


def _batch(model: type[models.Model], term: Term, before: datetime, account_id: uuid.UUID | None) -> int:
    """Delete at most BATCH rows in one transaction, their files first; return how many."""
    quote = connection.ops.quote_name
    table = quote(model._meta.db_table)
    conditions, values = [f"{quote(_column(model, term.column))} < %s"], [before]
    for name, wanted in term.only.items():
        conditions.append(_condition(model, name))
        values.append(wanted)
    if account_id is not None:
        conditions.insert(0, "account_id = %s")
        values.insert(0, account_id)  # type: ignore[arg-type]  # values of several kinds
    where = " AND ".join(conditions)
    context = tenancy.context(account_id=account_id, user_id=None, restore=False)
    with transaction.atomic(), context, connection.cursor() as cursor:
        file = quote(_column(model, term.objects)) if term.objects else "''"
        cursor.execute(f"SELECT ctid::text, {file} FROM {table} WHERE {where} LIMIT {BATCH}", values)  # noqa: S608
        found = cursor.fetchall()
        keys = [key for _row, key in found if key]
        if keys:
            storage.delete(*keys)
        if found:
            chosen = [row for row, _key in found]
            cursor.execute(f"DELETE FROM {table} WHERE ctid = ANY(%s::tid[])", [chosen])  # noqa: S608  # our own models
        return len(found)


def _condition(model: type[models.Model], name: str) -> str:
    quote = connection.ops.quote_name
    name, _, other = name.partition("__")
    column = quote(_column(model, name))
    if not other:
        return f"{column} = %s"
    field: Any = model._meta.get_field(name)
    target = field.related_model
    found = f"SELECT {quote(target._meta.pk.column)} FROM {quote(target._meta.db_table)}"  # noqa: S608  # our own models
    return f"{column} IN ({found} WHERE {quote(_column(target, other))} = %s)"


def _column(model: type[models.Model], name: str) -> str:
    field: Any = model._meta.get_field(name)
    return str(field.column)
