"""For what personal data is read: inside `billing()`, and only there, the database shows profiles, requests and books.

Serves promise 05: a view, task or report that isn't billing's doesn't get these rows, whatever it asks for. A linter
can't stop somebody from opening the purpose, but import contracts keep this module inside billing and its screens.
"""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from django.db import DatabaseError, connection, transaction

from webanizr.core import tenancy

_SET = "SELECT current_setting('webanizr.purpose', true), set_config('webanizr.purpose', %s, true)"


@contextmanager
def billing() -> Iterator[None]:
    """Inside an open transaction, work for the purpose of billing; the former purpose comes back after.

    Raises TransactionManagementError (Django's) when no transaction is open.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("The purpose needs an open transaction: SET LOCAL.")
    with connection.cursor() as cursor:
        cursor.execute(_SET, ["billing"])
        before = cursor.fetchone()[0] or ""
    try:
        yield
    finally:
        # after a database error the transaction is lost, and the setting with it
        if not connection.needs_rollback:
            with contextlib.suppress(DatabaseError), connection.cursor() as cursor:
                cursor.execute(_SET, [before])


def tenant(account_id: uuid.UUID, *, user_id: uuid.UUID | None = None) -> AbstractContextManager[None]:
    """Work in an account's context for the purpose of billing; no statement more where no transaction is open yet."""
    if connection.in_atomic_block:
        return _inside(account_id, user_id)
    return tenancy.tenant_with({"webanizr.purpose": "billing"}, account_id, user_id=user_id)


@contextmanager
def _inside(account_id: uuid.UUID, user_id: uuid.UUID | None) -> Iterator[None]:
    with tenancy.tenant(account_id, user_id=user_id), billing():
        yield


@contextmanager
def desk(user_id: uuid.UUID) -> Iterator[None]:
    """Open a transaction in which somebody of the billing team works for the purpose of billing.

    The database asks the staff table itself: for anybody else there is no row.
    """
    with transaction.atomic(), tenancy.context(account_id=None, user_id=user_id), billing():
        yield
