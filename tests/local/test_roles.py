"""The database's roles, as `manage.py provision` makes them: nobody can do more than his service needs."""

from __future__ import annotations

from collections.abc import Callable

import psycopg2
import pytest
from psycopg2.extensions import connection as Connection

from webanizr.core import roles

pytestmark = pytest.mark.django_db

Connect = Callable[[str], Connection]


def ask(connection: Connection, statement: str) -> list[tuple[object, ...]]:
    """Return the rows of a query."""
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall()


@pytest.mark.parametrize("service", roles.SERVICES)
def test_no_login_can_step_outside_its_own_role(role_connection: Connect, service: str) -> None:
    connection = role_connection(service)
    connection.autocommit = True
    assert ask(connection, "SELECT current_user::text, session_user::text") == [(f"webanizr_{service}",) * 2]
    everybody = {roles.OWNER, roles.DEFINER, roles.MIGRATOR, *roles.LOGINS}
    for other in everybody - {roles.login(service)}:
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            ask(connection, f"SET ROLE {other}")
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        ask(connection, "CREATE TABLE mine (id int)")


def test_no_role_is_above_row_level_security(role_connection: Connect) -> None:
    names = (roles.OWNER, roles.DEFINER, roles.MIGRATOR, *roles.LOGINS)
    rows = ask(
        role_connection("app"),
        "SELECT rolname, rolsuper, rolbypassrls, rolinherit, rolcreaterole, rolcreatedb, rolreplication FROM pg_roles "
        f"WHERE rolname IN ({', '.join(repr(name) for name in names)})",
    )
    assert {row[0] for row in rows} == set(names)
    assert {row[1:] for row in rows} == {(False,) * 6}


def test_the_migrator_acts_as_the_owner_and_fails_where_rows_would_be_hidden(role_connection: Connect) -> None:
    connection = role_connection("migrator")
    assert ask(connection, "SELECT current_user::text, current_setting('row_security')") == [(roles.OWNER, "off")]
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        ask(connection, "SELECT count(*) FROM core_outbox")


def test_only_the_migrator_is_a_member_of_anything(role_connection: Connect) -> None:
    rows = ask(
        role_connection("app"),
        "SELECT granted.rolname, member.rolname FROM pg_auth_members m JOIN pg_roles granted ON granted.oid = m.roleid "
        "JOIN pg_roles member ON member.oid = m.member WHERE member.rolname LIKE 'webanizr%'",
    )
    assert sorted(rows) == [(roles.DEFINER, roles.MIGRATOR), (roles.OWNER, roles.MIGRATOR)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2, 3])
def test_tests_that_commit_leave_nothing_behind(turn: int) -> None:
    from django.contrib.contenttypes.models import ContentType
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM core_outbox")
    assert ContentType.objects.count() > 5, turn
