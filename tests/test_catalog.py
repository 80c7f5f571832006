"""What PostgreSQL's own catalog says about every table: the promises hold there or nowhere (promises 10, 12 and 13)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps

from webanizr.core.models import TenantModel
from webanizr.core.roles import DEFINER, LOGINS, MIGRATOR, OWNER

pytestmark = pytest.mark.django_db

# Django's own catalogues, written by `migrate` as their owner; nothing about people or accounts is in them.
NOT_FORCED = {
    "auth_group",
    "auth_group_permissions",
    "auth_permission",
    "django_content_type",
    "django_migrations",
}
CONTROL = {"sites_domain"}  # a control table that knows its account: found by host name, before any account is known

Query = Callable[[str], list[tuple[Any, ...]]]


@pytest.fixture
def query(role_connection: Callable[[str], Any]) -> Query:
    """Ask the catalog as the migrator, who sees all of it."""
    connection = role_connection("migrator")

    def run(sql: str) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows

    return run


def tenant_tables() -> set[str]:
    return {m._meta.db_table for m in apps.get_models() if issubclass(m, TenantModel)}


def test_every_table_has_row_level_security(query: Query) -> None:
    rows = query(
        "SELECT relname, relrowsecurity, relforcerowsecurity FROM pg_class"
        " WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
    )
    assert len(rows) > 20
    assert {name for name, on, _ in rows if not on} == set()
    assert {name for name, _, forced in rows if not forced} == NOT_FORCED


def test_one_policy_per_role_and_command(query: Query) -> None:
    rows = query("SELECT tablename, roles, cmd, count(*) FROM pg_policies GROUP BY 1, 2, 3")
    assert rows
    for table, roles, command, count in rows:
        names = roles.strip("{}").split(",") if isinstance(roles, str) else list(roles)
        assert len(names) == 1, f"{table}: one policy names {names}"
        assert names[0] != "public", table
        assert command != "ALL", f"{table}: a policy for ALL commands hides what is allowed"
        assert count == 1, f"{table}: {count} policies for {names[0]} {command} are OR-ed"


def test_policies_hold_no_subquery(query: Query) -> None:
    rows = query("SELECT tablename, coalesce(qual, '') || ' ' || coalesce(with_check, '') FROM pg_policies")
    assert [table for table, condition in rows if "SELECT" in condition.upper()] == []


def test_grants_and_policies_agree(query: Query) -> None:
    """A grant without a policy reads nothing, a policy without a grant is a trap for the next one who adds a grant."""
    policies = {(t, r, c) for t, r, c in query("SELECT tablename, unnest(roles)::text, cmd FROM pg_policies")}
    tables = (
        "AND table_name IN (SELECT relname FROM pg_class"
        " WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p'))"
    )
    grants = {
        (t, r, c)
        for t, r, c in query(
            "SELECT table_name, grantee, privilege_type FROM information_schema.role_table_grants"
            f" WHERE table_schema = 'public' AND grantee LIKE 'webanizr\\_%' {tables}"
            " UNION SELECT table_name, grantee, privilege_type FROM information_schema.column_privileges"
            f" WHERE table_schema = 'public' AND grantee LIKE 'webanizr\\_%' {tables}"
        )
        if r != OWNER
    }
    commands = {"SELECT", "INSERT", "UPDATE", "DELETE"}
    assert {g for g in grants if g[2] not in commands} == set(), "no login may TRUNCATE, add triggers or references"
    of_logins = {p for p in policies if p[1] != OWNER}
    assert grants == of_logins


def test_account_leads_every_index_and_unique(query: Query) -> None:
    rows = query(
        "SELECT t.relname, i.relname, a.attname FROM pg_index x JOIN pg_class t ON t.oid = x.indrelid"
        " JOIN pg_class i ON i.oid = x.indexrelid"
        " LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = x.indkey[0]"
        " WHERE t.relnamespace = 'public'::regnamespace"
    )
    tenant = tenant_tables()
    seen = {table for table, _, _ in rows if table in tenant}
    assert seen == tenant
    assert [(table, index) for table, index, first in rows if table in tenant and first != "account_id"] == []


def test_foreign_keys_between_tenant_tables_are_composite(query: Query) -> None:
    rows = query(
        "SELECT c.conrelid::regclass::text, c.confrelid::regclass::text, c.conname,"
        " (SELECT array_agg(a.attname::text ORDER BY k.n) FROM unnest(c.conkey) WITH ORDINALITY k(att, n)"
        "  JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.att)"
        " FROM pg_constraint c WHERE c.contype = 'f' AND c.connamespace = 'public'::regnamespace"
    )
    tenant = tenant_tables()
    keys = [(table, target, columns) for table, target, _, columns in rows if table in tenant and target in tenant]
    assert len(keys) >= 8
    assert [key for key in keys if key[2][0] != "account_id" or len(key[2]) < 2] == []
    declared = {
        (m._meta.db_table, f.column)
        for m in apps.get_models()
        if issubclass(m, TenantModel)
        for f in m._meta.local_fields
        if f.is_relation and f.related_model is not None and issubclass(f.related_model, TenantModel)
    }
    # one key may say several relations at once, through every column it holds
    assert {(table, column) for table, _, columns in keys for column in columns[1:]} == declared
    # control tables never refer to tenant tables
    assert [row[:2] for row in rows if row[0] not in tenant and row[1] in tenant] == []


def test_tenant_columns_are_not_null(query: Query) -> None:
    rows = query(
        "SELECT table_name FROM information_schema.columns WHERE table_schema = 'public'"
        " AND column_name = 'account_id' AND is_nullable = 'YES'"
    )
    assert rows == []


def test_no_login_can_pass_by(query: Query) -> None:
    rows = query(
        "SELECT rolname, rolsuper, rolbypassrls, rolinherit, rolcreaterole, rolcreatedb, rolreplication, rolcanlogin"
        " FROM pg_roles WHERE rolname LIKE 'webanizr\\_%'"
    )
    roles = {row[0]: row for row in rows}
    assert set(roles) == {OWNER, DEFINER, MIGRATOR, *LOGINS}
    for name, superuser, bypass, inherit, createrole, createdb, replication, login in rows:
        assert not any((superuser, bypass, inherit, createrole, createdb, replication)), name
        assert login == (name not in (OWNER, DEFINER)), name


def test_nobody_inherits_the_definer(query: Query) -> None:
    rows = query(
        "SELECT m.rolname, g.rolname FROM pg_auth_members x JOIN pg_roles m ON m.oid = x.member"
        " JOIN pg_roles g ON g.oid = x.roleid WHERE g.rolname LIKE 'webanizr\\_%' AND NOT m.rolsuper"
    )
    members = {(member, group) for member, group in rows if member.startswith("webanizr_")}
    assert members == {(MIGRATOR, OWNER), (MIGRATOR, DEFINER)}
    inherits = query(
        f"SELECT rolname FROM pg_roles WHERE rolname LIKE 'webanizr\\_%' AND rolname <> '{DEFINER}'"
        f" AND pg_has_role(rolname, '{DEFINER}', 'USAGE')"
    )
    assert inherits == []


def test_functions_run_as_the_definer_only_by_name(query: Query) -> None:
    rows = query(
        "SELECT p.proname, r.rolname, p.proconfig::text, has_function_privilege('webanizr_hosting', p.oid, 'EXECUTE')"
        " FROM pg_proc p JOIN pg_roles r ON r.oid = p.proowner"
        " WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef"
    )
    assert {name for name, *_ in rows} >= {"outbox_claim", "my_account_ids"}
    for name, owner, config, hosting in rows:
        assert owner == DEFINER, name
        assert "search_path" in (config or ""), f"{name} must fix its search_path"
        assert not hosting, f"{name} is open to the hosting service"


def test_no_view_leaks(query: Query) -> None:
    rows = query(
        "SELECT relname, coalesce(reloptions::text, '') FROM pg_class"
        " WHERE relnamespace = 'public'::regnamespace AND relkind IN ('v', 'm')"
    )
    assert [name for name, options in rows if "security_invoker=true" not in options] == []


def test_views_are_read_by_whom_they_are_for(query: Query) -> None:
    rows = query(
        "SELECT table_name, grantee, privilege_type FROM information_schema.role_table_grants"
        " WHERE table_schema = 'public' AND grantee LIKE 'webanizr\\_%' AND grantee <> 'webanizr_owner'"
        " AND table_name IN (SELECT relname FROM pg_class WHERE relkind IN ('v', 'm'))"
    )
    readers = {(view, login.removeprefix("webanizr_"), right) for view, login, right in rows}
    views = ("newsletter_entitled", "newsletter_audience")
    assert readers == {(view, login, "SELECT") for view in views for login in ("app", "worker", "definer")}


def test_hosting_reads_host_names_and_public_keys_and_nothing_else(query: Query) -> None:
    rows = query(
        "SELECT table_name, privilege_type FROM information_schema.role_table_grants"
        " WHERE grantee = 'webanizr_hosting' ORDER BY 1, 2"
    )
    assert rows == [
        ("core_outbox", "INSERT"),
        ("django_migrations", "SELECT"),
        ("sites_domain", "SELECT"),
        ("sites_intakekey", "INSERT"),
        ("sites_sitekey", "SELECT"),
        ("sites_submission", "INSERT"),
        ("sites_upload", "INSERT"),
    ]
