"""A row of any table, made from its model alone: what each column asks for, with a word in all that can hold one."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from typing import Any

from django.db import models
from django.utils import timezone

# Tables whose rules (CHECK constraints) ask for more than the kind of a column: their own values.
SPECIAL: dict[str, dict[str, Any]] = {
    "billing.Invoice": {"gross_cents": 2, "credits_id": None},
    "billing.Allocation": {"line_id": uuid.uuid4(), "credit_id": None},
    "privacy.AccessSession": {"opened_xid": "1"},
    "privacy.SupportMessage": {"staff_id": None},
}


def value(field: Any, word: str) -> Any:
    """Return something that the column takes: the word where it can hold one, moments well in the future."""
    kind = field.get_internal_type()
    if field.primary_key and kind == "UUIDField":
        return uuid.uuid4()
    if field.choices:
        return field.choices[0][0]
    if kind in ("CharField", "TextField", "EmailField", "SlugField"):
        return word[: field.max_length or 200]
    if kind == "JSONField":
        return json.dumps({"canary": word})
    if kind == "BinaryField":
        return word.encode()[: field.max_length or 64]
    if kind == "DateTimeField":
        return timezone.now() + timedelta(days=300)
    if kind == "DateField":
        return timezone.now().date() + timedelta(days=300)
    if kind == "UUIDField":
        return uuid.uuid4()
    if kind == "BooleanField":
        return False
    if kind == "ArrayField":
        return [field.base_field.choices[0][0] if field.base_field.choices else word[:20]]
    return 1


def insert(cursor: Any, model: type[models.Model], values: dict[str, Any]) -> Any:
    """Insert one row, by column; return its key, None when it was there already."""
    label, key = model._meta.label, model._meta.pk
    values = values | SPECIAL.get(label, {})
    if isinstance(key, models.AutoField | models.BigAutoField):
        values.pop(str(key.column), None)
    names = ", ".join(f'"{name}"' for name in values)
    marks = ", ".join(["%s"] * len(values))
    sql = f'INSERT INTO "{model._meta.db_table}" ({names}) VALUES ({marks}) ON CONFLICT DO NOTHING'
    cursor.execute(f'{sql} RETURNING "{key.column}"', list(values.values()))
    row = cursor.fetchone()
    return row[0] if row else None
