"""`manage.py provision`: makes the database's roles and the database, from an administrative login. Idempotent.

The statements are in `webanizr.core.roles`; this module applies them. DATABASE_URL is the administrative login: a
superuser, or a role with CREATEROLE and CREATEDB. In production the logins' passwords come from the environment
(WEBANIZR_PASSWORD_APP, …_MIGRATOR); a login without one keeps what it has.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg2
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import encrypt_password

from webanizr.core import roles
from webanizr.local.place import Problem, say

LOCK = 7_203_415  # any number: only one provisioning at a time in a cluster


def connect(url: str) -> Connection:
    """Return an autocommit connection; raises Problem when the server doesn't let us in."""
    try:
        connection = psycopg2.connect(url, connect_timeout=10)
    except psycopg2.OperationalError as error:
        raise Problem(f"DATABASE_URL doesn't work: {' '.join(str(error).split())}") from error
    connection.autocommit = True
    return connection


def with_path(url: str, database: str) -> str:
    """Return the same login's URL for another database."""
    return urlunsplit(urlsplit(url)._replace(path="/" + quote(database, safe="")))


def login_url(admin_url: str, service: str, database: str, password: str | None = None) -> str:
    """Return the URL of a service's login on the server of `admin_url`; without a password where none is needed."""
    parts = urlsplit(admin_url)
    host = parts.netloc.rpartition("@")[2]
    user = roles.login(service) + (f":{quote(password, safe='')}" if password else "")
    return urlunsplit(parts._replace(netloc=f"{user}@{host}", path="/" + quote(database, safe="")))


def provision(
    admin_url: str, database: str, *, passwords: Mapping[str, str] | None = None, template: str | None = None
) -> bool:
    """Make or mend the roles and the database; return whether the database is new.

    Args: admin_url: administrative login; passwords: by service ("app"); template: copy this database of ours.
    Raises Problem when the login may not do it, or a role of ours could pass by row-level security.
    """
    with closing(connect(admin_url)) as admin:
        try:
            with _alone(admin):
                make_roles(admin, passwords or {})
                return make_database(admin, admin_url, database, template=template)
        except psycopg2.errors.InsufficientPrivilege as error:
            raise Problem(
                f"DATABASE_URL's login may not make roles and databases ({' '.join(str(error).split())}): give an "
                "administrative one (a superuser, or CREATEROLE and CREATEDB)."
            ) from error


@contextmanager
def _alone(admin: Connection) -> Iterator[None]:
    with admin.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        try:
            yield
        finally:
            if not admin.closed:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


def make_roles(admin: Connection, passwords: Mapping[str, str]) -> None:
    """Make or mend the roles and set the given passwords (as SCRAM verifiers: no log sees a password)."""
    with admin.cursor() as cursor:
        for statement in roles.cluster_sql():
            cursor.execute(statement)
        for service, password in passwords.items():
            name = roles.login(service)
            verifier = encrypt_password(password, name, scope=admin, algorithm="scram-sha-256")
            cursor.execute(f"ALTER ROLE {name} PASSWORD %s", [verifier])
        cursor.execute(roles.forbidden_sql())
        if wrong := [row[0] for row in cursor.fetchall()]:
            raise Problem(
                f"The database role {', '.join(wrong)} is SUPERUSER or BYPASSRLS, so row-level security wouldn't hold: "
                f"run `ALTER ROLE {wrong[0]} NOSUPERUSER NOBYPASSRLS` as a superuser."
            )


def make_database(admin: Connection, admin_url: str, database: str, *, template: str | None = None) -> bool:
    """Make the database where it is missing and open it to our logins only; return whether it is new."""
    with _as_owner(admin), admin.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database])
        new = cursor.fetchone() is None
        if new:
            cursor.execute(roles.create_database_sql(database, admin.server_version, template=template))
        with closing(connect(with_path(admin_url, database))) as inside, inside.cursor() as there:
            for statement in roles.database_sql(database):
                there.execute(statement)
    return new


@contextmanager
def _as_owner(admin: Connection) -> Iterator[None]:
    """Let an administrator who is no superuser act as the owner for a moment, and no longer."""
    with admin.cursor() as cursor:
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        row = cursor.fetchone()
        if row is None or row[0]:
            yield
            return
        cursor.execute(f"GRANT {roles.OWNER} TO CURRENT_USER")
        try:
            yield
        finally:
            cursor.execute(f"REVOKE {roles.OWNER} FROM CURRENT_USER")


def main() -> int:
    """Run the command: DATABASE_URL is the administrator, WEBANIZR_DATABASE the database's name."""
    url = os.environ.get("DATABASE_URL")
    if not url:
        raise Problem("DATABASE_URL must name an administrative login of the PostgreSQL to provision.")
    services = (*roles.SERVICES, "migrator")
    given = {service: os.environ.get(f"WEBANIZR_PASSWORD_{service.upper()}") for service in services}
    passwords = {service: password for service, password in given.items() if password}
    database = os.environ.get("WEBANIZR_DATABASE") or "webanizr"
    new = provision(url, database, passwords=passwords)
    say(f"The roles and the database {database} are in place" + (" (the database is new)." if new else "."))
    return 0
