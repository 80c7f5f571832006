"""One at a time: a name that a transaction holds until it ends, across all processes: PostgreSQL's advisory locks."""

from __future__ import annotations

from django.db import connection


def hold(name: str) -> None:
    """Wait until no other transaction holds `name`; ours does until it ends. Inside a transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])
