"""The database's roles: who owns the tables, who migrates, and one login for each service.

Serves promises 10, 12 and 13: no login is a superuser or passes by row-level security, and none is a member of
another role, so each service can do only what its own grants and policies say. Applied by `manage.py provision`.
"""

from __future__ import annotations

OWNER = "webanizr_owner"  # owns the tables; nobody signs in as this role
DEFINER = "webanizr_definer"  # owns the SECURITY DEFINER functions
MIGRATOR = "webanizr_migrator"  # deployments sign in as this role and act as OWNER
SERVICES = ("app", "hosting", "staff", "worker", "exporter", "eraser")
LOGINS: tuple[str, ...] = tuple(f"webanizr_{service}" for service in SERVICES)


def login(service: str) -> str:
    """Return the login of a service: "app" gives "webanizr_app", "migrator" the migrator's."""
    name = f"webanizr_{service}"
    if name not in (*LOGINS, MIGRATOR):
        raise ValueError(f"{service!r} is no service")
    return name


def cluster_sql() -> list[str]:
    """Return the statements that make the roles, and mend them where they have drifted.

    They run as a superuser, or as a role with CREATEROLE and CREATEDB. SUPERUSER, BYPASSRLS and REPLICATION are not
    mentioned, because only a superuser may so much as deny them: `forbidden_sql` looks for them instead.
    """
    statements = [_make(role, "NOLOGIN NOINHERIT") for role in (OWNER, DEFINER)]
    statements += [_make(role, "LOGIN NOINHERIT") for role in (MIGRATOR, *LOGINS)]
    statements += [f"ALTER ROLE {role} NOLOGIN NOINHERIT NOCREATEDB NOCREATEROLE" for role in (OWNER, DEFINER)]
    statements += [f"ALTER ROLE {role} LOGIN NOINHERIT NOCREATEDB NOCREATEROLE" for role in (MIGRATOR, *LOGINS)]
    statements += [
        f"GRANT {OWNER}, {DEFINER} TO {MIGRATOR}",
        f"ALTER ROLE {MIGRATOR} SET role = '{OWNER}'",
        # A data migration that row-level security would filter fails instead of doing nothing.
        f"ALTER ROLE {MIGRATOR} SET row_security = off",
        _leave_all_roles(),
    ]
    return statements


def database_sql(database: str) -> list[str]:
    """Return the statements that open `database` to our logins and to nobody else; they run in it."""
    name = quoted(database)
    logins = ", ".join((MIGRATOR, *LOGINS))
    return [
        f"SET ROLE {OWNER}",
        f"REVOKE ALL ON DATABASE {name} FROM PUBLIC",
        f"GRANT CONNECT ON DATABASE {name} TO {logins}",
        # The schema belongs to pg_database_owner, whose rights OWNER, being NOINHERIT, doesn't have by itself.
        "SET ROLE pg_database_owner",
        "REVOKE ALL ON SCHEMA public FROM PUBLIC",
        f"GRANT USAGE ON SCHEMA public TO {logins}",
        f"GRANT USAGE, CREATE ON SCHEMA public TO {OWNER}, {DEFINER}",
        "RESET ROLE",
    ]


def create_database_sql(database: str, version: int, *, template: str | None = None) -> str:
    """Return the CREATE DATABASE statement.

    Args: version: the server's, as in `server_version_num` (150018); template: a database of ours to copy. The locale
    is C.UTF-8 everywhere: orderings and indexes are then the same on every machine.
    """
    name = quoted(database)
    if template:
        return f"CREATE DATABASE {name} OWNER {OWNER} TEMPLATE {quoted(template)} STRATEGY FILE_COPY"
    locale = "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C'" if version >= 170000 else "LOCALE 'C.UTF-8'"
    return f"CREATE DATABASE {name} OWNER {OWNER} TEMPLATE template0 ENCODING 'UTF8' {locale}"


def forbidden_sql() -> str:
    """Return a query for those of our roles that could pass by row-level security; it must give no row."""
    names = ", ".join(f"'{role}'" for role in (OWNER, DEFINER, MIGRATOR, *LOGINS))
    return f"SELECT rolname FROM pg_roles WHERE rolname IN ({names}) AND (rolsuper OR rolbypassrls) ORDER BY 1"  # noqa: S608  # our own names


def provision_sql(database: str, version: int) -> dict[str, list[str]]:
    """Return everything in order, for reading or for an administrator who applies it by hand.

    The key says where the statements run: "cluster" in any database, "create" outside a transaction, "database" in
    the new database.
    """
    return {
        "cluster": cluster_sql(),
        "create": [create_database_sql(database, version)],
        "database": database_sql(database),
    }


def quoted(name: str) -> str:
    """Return `name` as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def _make(role: str, attributes: str) -> str:
    return (
        f"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') "
        f"THEN CREATE ROLE {role} {attributes}; END IF; END $$"
    )


def _leave_all_roles() -> str:
    names = ", ".join(f"'{role}'" for role in (OWNER, DEFINER, *LOGINS))
    memberships = (
        "SELECT granted.rolname AS role, member.rolname AS member FROM pg_auth_members m "  # noqa: S608  # our own names
        "JOIN pg_roles granted ON granted.oid = m.roleid JOIN pg_roles member ON member.oid = m.member "
        f"WHERE member.rolname IN ({names})"
    )
    revoke = "EXECUTE format('REVOKE %I FROM %I', row.role, row.member)"
    return f"DO $$ DECLARE row record; BEGIN FOR row IN {memberships} LOOP {revoke}; END LOOP; END $$"
