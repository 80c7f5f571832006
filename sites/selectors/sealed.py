"""Opening what is stored sealed: intake keys and answers. Nothing else gives the vault rows (promises 10, 16)."""

from __future__ import annotations

from typing import Any

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
    if row.intake_key is None:
        raise vault.Unreadable("not sealed yet")
    if row.intake_key.site_id != row.site_id:
        raise vault.Unreadable("intake key of another site")
    return vault.unseal(
        row.content,
        key=open_key(row.intake_key),
        account_id=row.account_id,
        site_id=row.site_id,
        form_id=row.form_id,
        submission_id=row.id,
    )
