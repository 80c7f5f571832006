"""The tenant context (who is asking, for which account) and the migration operations that make PostgreSQL enforce it.

Serves promises 10, 12 and 13: what belongs to one account doesn't exist for another one, in the database itself.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db import connection, models, transaction
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

# Work that belongs to nobody's account (the code mail of somebody who is signing up) is filed under this one.
PLATFORM_ACCOUNT = uuid.UUID(int=0)

_account: ContextVar[uuid.UUID | None] = ContextVar("webanizr_account", default=None)
_user: ContextVar[uuid.UUID | None] = ContextVar("webanizr_user", default=None)


class NoTenant(RuntimeError):
    """A tenant's row was about to be written while no account was chosen."""


def current_account_id() -> uuid.UUID:
    """Return the account of the running request or task; raise NoTenant when there is none."""
    account_id = _account.get()
    if account_id is None:
        raise NoTenant("No account is chosen: wrap the work in tenancy.tenant(account_id).")
    return account_id


def has_account() -> bool:
    """Return whether an account is chosen."""
    return _account.get() is not None


def current_user_id() -> uuid.UUID | None:
    """Return the signed-in person of the running request, if any."""
    return _user.get()


def _set_local(account_id: uuid.UUID | None, user_id: uuid.UUID | None) -> None:
    # One statement, not two: the context is set on every request (performance.md).
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('webanizr.account_id', %s, true), set_config('webanizr.user_id', %s, true)",
            [str(account_id or ""), str(user_id or "")],
        )


class _WithFirst:
    """Sends the context along with the transaction's first statement, in one round trip (performance.md).

    An execute wrapper (Django). Values are UUIDs and words of our own, so they stand in the statement as they are.
    """

    def __init__(self, settings: dict[str, str]) -> None:
        assert all(re.fullmatch(r"[\w.-]*", text) for text in (*settings, *settings.values()))
        calls = (f"set_config('{name}', '{value}', true)" for name, value in settings.items())
        self.waiting = f"SELECT {', '.join(calls)}"

    def __call__(self, execute: Any, sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
        waiting, self.waiting = self.waiting, ""
        if not waiting:
            return execute(sql, params, many, context)
        if many or not isinstance(sql, str) or getattr(context["cursor"].cursor, "name", None):
            with connection.cursor() as cursor:  # those are taken apart by the driver
                cursor.execute(waiting)
            return execute(sql, params, many, context)
        return execute(f"{waiting}; {sql}", params, many, context)


@contextmanager
def context(*, account_id: uuid.UUID | None, user_id: uuid.UUID | None, restore: bool = True) -> Iterator[None]:
    """Inside an open transaction, let the database see one account and one person; restore the former ones after.

    The settings are transaction-local, so a connection handed back to the pool carries nothing over. With an error on
    its way out nothing is restored: the savepoint or transaction around it is rolled back, and the settings with it.

    Args: restore: False when the transaction ends together with this block, which saves a statement.
    Raises TransactionManagementError (Django's) when no transaction is open.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("The tenant context needs an open transaction: SET LOCAL.")
    before = (_account.get(), _user.get())
    account_token, user_token = _account.set(account_id), _user.set(user_id)
    try:
        _set_local(account_id, user_id)
        yield
    finally:
        _account.reset(account_token)
        _user.reset(user_token)
    if restore and not connection.needs_rollback:
        _set_local(*before)


@contextmanager
def tenant(account_id: uuid.UUID | str, *, user_id: uuid.UUID | None = None) -> Iterator[None]:
    """Open a transaction (or a savepoint in the open one) in which only `account_id`'s rows exist.

    Args: account_id: UUID of the account; user_id: UUID of the acting person, when there is one.
    """
    nested = connection.in_atomic_block
    with transaction.atomic(), context(account_id=uuid.UUID(str(account_id)), user_id=user_id, restore=nested):
        yield


@contextmanager
def tenant_with(settings: dict[str, str], account_id: uuid.UUID, *, user_id: uuid.UUID | None = None) -> Iterator[None]:
    """Open a transaction in which only `account_id`'s rows exist, with more settings of the transaction.

    The context costs no statement of its own. Args: settings: names and plain words. Raises TransactionManagementError
    (Django's) inside another transaction.
    """
    if connection.in_atomic_block:
        raise transaction.TransactionManagementError("This opens a transaction of its own.")
    own = {"webanizr.account_id": str(account_id), "webanizr.user_id": str(user_id or "")}
    account_token, user_token = _account.set(account_id), _user.set(user_id)
    try:
        with transaction.atomic(), connection.execute_wrapper(_WithFirst(own | settings)):
            yield
    finally:
        _account.reset(account_token)
        _user.reset(user_token)


def switch(*, account_id: uuid.UUID | None, user_id: uuid.UUID | None) -> None:
    """Set the context for the rest of the open transaction: for the request middleware, which owns the transaction."""
    _account.set(account_id)
    _user.set(user_id)
    _set_local(account_id, user_id)


def forget() -> None:
    """Drop the process's own memory of the context, after the request's transaction has ended."""
    _account.set(None)
    _user.set(None)


# --- migration operations ---------------------------------------------------------------------------------------

ALL = "SELECT, INSERT, UPDATE, DELETE"
TENANT_RULE = "account_id = current_account_id()"


class Rule:
    """What one database login may do with a table.

    Args: role: the login without its `webanizr_` prefix; commands: e.g. "SELECT, INSERT"; using: SQL condition on the
    rows (default: of the current account); check: condition on what is written, where it differs from `using`;
    columns: for INSERT and UPDATE, and for SELECT, the only columns it may name.
    """

    def __init__(
        self,
        role: str,
        commands: str = ALL,
        *,
        using: str = TENANT_RULE,
        check: str | None = None,
        columns: dict[str, str] | None = None,
    ) -> None:
        self.role, self.using, self.check, self.columns = role, using, check, columns or {}
        self.commands = [command.strip() for command in commands.split(",")]

    def deconstruct(self) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
        """Let the migration writer print the rule."""
        kwargs: dict[str, Any] = {"using": self.using}
        if self.check is not None:
            kwargs["check"] = self.check
        if self.columns:
            kwargs["columns"] = self.columns
        return "webanizr.core.tenancy.Rule", (self.role, ", ".join(self.commands)), kwargs

    def statements(self, table: str) -> Iterator[str]:
        """Yield the GRANT and CREATE POLICY statements: one policy per role and command."""
        role = f"webanizr_{self.role}"
        for command in self.commands:
            columns = f" ({self.columns[command]})" if command in self.columns else ""
            yield f'GRANT {command}{columns} ON "{table}" TO {role}'
            clauses = []
            if command != "INSERT":
                clauses.append(f"USING ({self.using})")
            if command in ("INSERT", "UPDATE"):
                clauses.append(f"WITH CHECK ({self.check or self.using})")
            name = f"{self.role}_{command.lower()}"
            yield f'CREATE POLICY "{name}" ON "{table}" FOR {command} TO {role} {" ".join(clauses)}'


class ProtectTable(Operation):
    """Row-level security, forced, with the given rules; every other login has no access at all.

    Args: table: name of a table that exists by then; rules: one Rule per login; forced: False for Django's own
    catalogues, which `migrate` itself writes as their owner: with `row_security = off` any policy would stop it.
    """

    def __init__(self, table: str, rules: list[Rule], *, forced: bool = True) -> None:
        self.table, self.rules, self.forced = table, rules, forced

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Nothing in Django's own state changes."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        """Run the statements."""
        for statement in protect_statements(self.table, self.rules, forced=self.forced):
            schema_editor.execute(statement)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        """Take the policies away again (the table itself goes with its own operation)."""
        for statement in unprotect_statements(self.table, self.rules):
            schema_editor.execute(statement)

    def describe(self) -> str:
        """Say what `migrate` shows."""
        return f"Protect {self.table} by row-level security"


class ChangeRules(Operation):
    """Give logins further rules on a table that is protected already; a rule replaces its login's former one.

    Args: table: its name; rules: the new ones; before: those that they replace, for undoing.
    """

    def __init__(self, table: str, rules: list[Rule], *, before: list[Rule] | None = None) -> None:
        self.table, self.rules, self.before = table, rules, before or []

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Nothing in Django's own state changes."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        """Run the statements."""
        for statement in change_statements(self.table, self.before, self.rules):
            schema_editor.execute(statement)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        """Put the former rules back."""
        for statement in change_statements(self.table, self.rules, self.before):
            schema_editor.execute(statement)

    def describe(self) -> str:
        """Say what `migrate` shows."""
        return f"Change who may do what with {self.table}"


def change_statements(table: str, old: list[Rule], new: list[Rule]) -> Iterator[str]:
    """Yield the SQL that takes the old rules' policies and grants away and makes the new ones."""
    for rule in old:
        for command in rule.commands:
            columns = f" ({rule.columns[command]})" if command in rule.columns else ""
            yield f'DROP POLICY "{rule.role}_{command.lower()}" ON "{table}"'
            yield f'REVOKE {command}{columns} ON "{table}" FROM webanizr_{rule.role}'
    for rule in new:
        yield from rule.statements(table)


def protect_statements(table: str, rules: list[Rule], *, forced: bool = True) -> Iterator[str]:
    """Yield the SQL that puts row-level security on `table` (its owner included) and lets in whom the rules name."""
    yield f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY'
    if forced:
        yield f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY'
    for rule in rules:
        yield from rule.statements(table)


def unprotect_statements(table: str, rules: list[Rule]) -> Iterator[str]:
    """Yield the SQL that undoes `protect_statements`."""
    for rule in rules:
        for command in rule.commands:
            yield f'DROP POLICY IF EXISTS "{rule.role}_{command.lower()}" ON "{table}"'
        yield f'REVOKE ALL ON "{table}" FROM webanizr_{rule.role}'
    yield f'ALTER TABLE "{table}" NO FORCE ROW LEVEL SECURITY'
    yield f'ALTER TABLE "{table}" DISABLE ROW LEVEL SECURITY'


class TenantTable(Operation):
    """Make a model's table a tenant table: primary key (account_id, id), composite foreign keys, row-level security.

    Args: model_name: of the migration's own app; rules: one Rule per login (conditions default to the current account);
    kept: the rows outlive their account, so the eraser gets no rule.
    """

    def __init__(self, model_name: str, rules: list[Rule], *, kept: bool = False) -> None:
        self.model_name, self.rules, self.kept = model_name, rules, kept

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Nothing in Django's own state changes."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        """Run the statements."""
        model = to_state.apps.get_model(app_label, self.model_name)
        table = model._meta.db_table
        schema_editor.execute(f'ALTER TABLE "{table}" DROP CONSTRAINT "{table}_pkey"')
        schema_editor.execute(f'ALTER TABLE "{table}" ADD PRIMARY KEY (account_id, id)')
        for field in model._meta.local_fields:
            if isinstance(field, models.ForeignKey) and not getattr(field, "db_constraint", True):
                add_composite_key(schema_editor, table, field)
        for statement in protect_statements(table, self.all_rules):
            schema_editor.execute(statement)

    @property
    def all_rules(self) -> list[Rule]:
        """The given rules, and the eraser's: it may find and delete an account's rows of every table (promise 08)."""
        if self.kept:
            return self.rules
        given = {command for rule in self.rules if rule.role == "eraser" for command in rule.commands}
        missing = [command for command in ("SELECT", "DELETE") if command not in given]
        return [*self.rules, *([Rule("eraser", ", ".join(missing))] if missing else [])]

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        """Take the policies away again (the table itself goes with its own operation)."""
        model = from_state.apps.get_model(app_label, self.model_name)
        for statement in unprotect_statements(model._meta.db_table, self.all_rules):
            schema_editor.execute(statement)

    def describe(self) -> str:
        """Say what `migrate` shows."""
        return f"Make {self.model_name} a tenant table"


class TenantKey(Operation):
    """The composite foreign key of a TenantForeignKey that was added to an existing tenant table."""

    def __init__(self, model_name: str, field_name: str) -> None:
        self.model_name, self.field_name = model_name, field_name

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Nothing in Django's own state changes."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        """Add the constraint."""
        model = to_state.apps.get_model(app_label, self.model_name)
        field = model._meta.get_field(self.field_name)
        assert isinstance(field, models.ForeignKey)
        add_composite_key(schema_editor, model._meta.db_table, field)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        """Drop the constraint."""
        table = from_state.apps.get_model(app_label, self.model_name)._meta.db_table
        schema_editor.execute(f'ALTER TABLE "{table}" DROP CONSTRAINT "{table}_{self.field_name}_tenant_fk"')


class AllowKeyChecks(Operation):
    """Put first in a migration that makes tables with foreign keys to protected ones.

    PostgreSQL checks a new key's rows as the owner, who may see none: with `row_security = off` that is an error even
    for an empty table. With it on, a table that has rows fails the check, so nothing passes unseen.
    """

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Nothing in Django's own state changes."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        """Switch for the rest of the migration's transaction."""
        schema_editor.execute("SET LOCAL row_security = on")

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        """Nothing to undo."""


def add_composite_key(schema_editor: BaseDatabaseSchemaEditor, table: str, field: models.ForeignKey[Any, Any]) -> None:
    """Add the foreign key (account_id, x_id): checks bypass row-level security, so the key itself must not."""
    target = field.remote_field.model._meta.db_table
    schema_editor.execute("SET LOCAL row_security = on")  # see AllowKeyChecks
    # What a deletion does is Django's to decide (on_delete); the database only refuses dangling references. But
    # DO_NOTHING leaves it to the database: such rows go with what they refer to, whoever deletes that.
    cascade = "ON DELETE CASCADE " if field.remote_field.on_delete is models.DO_NOTHING else ""
    schema_editor.execute(
        f'ALTER TABLE "{table}" ADD CONSTRAINT "{table}_{field.name}_tenant_fk" '
        f'FOREIGN KEY (account_id, "{field.column}") REFERENCES "{target}" (account_id, id) '
        f"{cascade}DEFERRABLE INITIALLY DEFERRED"
    )
    schema_editor.execute("SET LOCAL row_security = off")
