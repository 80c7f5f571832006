"""Opening what is stored sealed: intake keys and answers. Nothing else gives the vault rows (promises 10, 16)."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import BinaryField, Func, QuerySet, TextField
from django.db.models.functions import Cast

from sites.models import IntakeKey, Submission
from webanizr.core import alarms, vault


def open_key(row: IntakeKey) -> vault.IntakeKey:
    """Return a stored intake key in the open; raises vault.VaultError."""
    return vault.open_intake_key(
        row.sealed, key_id=row.id, account_id=row.account_id, site_id=row.site_id, pair_id=row.pair_id
    )


def open_content(row: Submission) -> dict[str, Any]:
    """Return a submission's answers; raises vault.VaultError. Ask for rows with `select_related("intake_key")`.

    One that is unreadable rings an alarm with staff.
    """
    try:
        return _open(row)
    except vault.Unreadable as error:
        alarms.ring(f"unreadable: {error.code}", row.id)
        raise


def _open(row: Submission) -> dict[str, Any]:
    return vault.unseal(
        row.content,
        key=_checked(row.intake_key, row.site_id),
        account_id=row.account_id,
        site_id=row.site_id,
        form_id=row.form_id,
        submission_id=row.id,
    )


class _Bytes(Func):
    """A uuid's sixteen bytes."""

    function = "uuid_send"
    output_field = BinaryField()


# What a submission's bytes are bound to (`vault.records.bound`), put together by the database for many rows at once.
BOUND = Func(
    *map(_Bytes, ("account_id", "site_id", "form_id", "id")),
    template="(%(expressions)s)",
    arg_joiner=" || ",
    output_field=BinaryField(),
)


@dataclass(frozen=True, slots=True)
class Opened:
    """A submission of an export; without content when it can't be opened."""

    id: str
    form_id: str
    received_at: datetime
    content: dict[str, Any] | None


def open_many(rows: QuerySet[Submission]) -> list[Opened]:
    """Return submissions, opened, in two queries and without the cost of model objects.

    One that is unreadable rings an alarm and has no content. Raises vault.Unavailable, vault.Forbidden.
    """
    texts = [Cast(name, TextField()) for name in ("id", "form_id", "intake_key_id", "site_id")]
    found = list(rows.select_related(None).values_list(*texts, "received_at", "content", BOUND))
    wanted = {key_id for _id, _form, key_id, *_rest in found if key_id}
    stored = {str(row.id): row for row in IntakeKey.objects.filter(id__in=wanted)}
    keys: dict[tuple[str, str], vault.IntakeKey | vault.Unreadable] = {}
    opened = []
    for row_id, form_id, key_id, site_id, received_at, content, bound in found:
        if (key_id, site_id) not in keys:
            keys[key_id, site_id] = _key_for(stored.get(key_id), uuid.UUID(site_id))
        key = keys[key_id, site_id]
        try:
            if isinstance(key, vault.Unreadable):
                raise key
            answers = vault.unseal_bound(content, key=key, bound=bytes(bound))
        except vault.Unreadable as error:
            alarms.ring(f"unreadable: {error.code}", uuid.UUID(row_id))
            answers = None
        opened.append(Opened(row_id, form_id, received_at, answers))
    return opened


def _key_for(row: IntakeKey | None, site_id: uuid.UUID) -> vault.IntakeKey | vault.Unreadable:
    try:
        return _checked(row, site_id)
    except vault.Unreadable as error:
        return error


def _checked(row: IntakeKey | None, site_id: uuid.UUID) -> vault.IntakeKey:
    if row is None:
        raise vault.Unreadable("not sealed yet")
    if row.site_id != site_id:
        raise vault.Unreadable("intake key of another site")
    return open_key(row)
