"""/healthz/live and /healthz/ready: whether this process runs, and whether it may be sent people.

Ready means: the database answers, migrations are applied, and row-level security is in force (with no account chosen
there are no rows); and what applications ask (the ledger of erasures isn't ahead).
"""

from __future__ import annotations

import functools
from collections.abc import Callable

from django.db import DatabaseError, connection, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse

CANARY = "core_outbox"
# Further questions of applications: each returns problems, in codes.
QUESTIONS: list[Callable[[], list[str]]] = []


def answer(request: HttpRequest) -> HttpResponse | None:
    """Return the answer to a health address, None for any other path."""
    if request.path == "/healthz/live":
        return JsonResponse({"status": "live"})
    if request.path == "/healthz/ready":
        problems = check()
        return JsonResponse(
            {"status": "ready" if not problems else "not ready", "problems": problems}, status=503 if problems else 200
        )
    return None


@functools.cache
def _wanted_migrations() -> frozenset[tuple[str, str]]:
    from django.db.migrations.loader import MigrationLoader

    return frozenset(MigrationLoader(None).graph.leaf_nodes())


def check() -> list[str]:
    """Return what keeps this process from being ready, in codes; an empty list means ready."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT app, name FROM django_migrations")
            applied = set(cursor.fetchall())
            cursor.execute(
                "SELECT relrowsecurity AND relforcerowsecurity, current_setting('is_superuser') = 'on',"
                " (SELECT rolbypassrls FROM pg_roles WHERE rolname = current_user)"
                " FROM pg_class WHERE oid = to_regclass(%s)",
                [CANARY],
            )
            row = cursor.fetchone()
    except DatabaseError:
        return ["database"]
    problems = []
    if not _wanted_migrations() <= applied:
        problems.append("migrations")
    if row is None or not row[0] or row[1] or row[2]:
        problems.append("row-level security")
    for question in QUESTIONS:
        problems += question() if not problems else []
    return problems
