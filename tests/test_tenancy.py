"""The tenant context under the app's real login: another account's rows do not exist (promise 12)."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import psycopg2.errors
import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from accounts.models import Account, Membership, Role, User
from sites.models import Page, Site
from webanizr.core import outbox, tenancy
from webanizr.core.models import Outbox

pytestmark = pytest.mark.django_db


def make_account(name: str) -> tuple[Account, User]:
    user = User.objects.create_user(f"{name.lower()}-{uuid.uuid4().hex[:6]}@example.nl", name)
    account_id = uuid.uuid4()
    with tenancy.tenant(account_id, user_id=user.pk):
        account = Account.objects.create(id=account_id, name=name)
        Membership.objects.create(account=account, user=user, role=Role.OWNER)
    return account, user


def make_site(account: Account) -> Site:
    with tenancy.tenant(account.pk):
        return Site.objects.create(name="Bakkerij", theme="markt", hue=30, vividness=50)


def test_the_tests_speak_as_the_app() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == ("webanizr_app", False)


def test_no_account_no_rows() -> None:
    account, _ = make_account("Alice")
    site = make_site(account)
    assert list(Site.objects.all()) == []
    with tenancy.tenant(account.pk):
        assert list(Site.objects.all()) == [site]
    assert list(Site.objects.all()) == []


def test_another_account_sees_nothing_and_changes_nothing() -> None:
    alice, _ = make_account("Alice")
    charlie, _ = make_account("Charlie")
    site = make_site(alice)
    with tenancy.tenant(charlie.pk):
        assert Site.objects.filter(id=site.id).first() is None
        assert Site.objects.filter(id=site.id).update(name="Mine") == 0
        assert Site.objects.filter(id=site.id).delete()[0] == 0
        assert not Account.objects.filter(pk=alice.pk).exists()
    with tenancy.tenant(alice.pk):
        assert Site.objects.get(id=site.id).name == "Bakkerij"


def test_a_row_can_not_be_written_for_another_account() -> None:
    alice, _ = make_account("Alice")
    charlie, _ = make_account("Charlie")
    with pytest.raises(DatabaseError, match="row-level security"), tenancy.tenant(charlie.pk):
        Site.objects.create(account_id=alice.pk, name="Theirs", theme="markt", hue=1, vividness=1)


def test_a_reference_to_another_accounts_row_is_refused() -> None:
    alice, _ = make_account("Alice")
    charlie, _ = make_account("Charlie")
    site = make_site(alice)

    def steal() -> None:
        with tenancy.tenant(charlie.pk), connection.cursor() as cursor:
            Page.objects.create(site_id=site.id, title="Stolen")
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    with pytest.raises(IntegrityError, match="tenant_fk"):
        steal()


def test_contexts_nest_and_come_back() -> None:
    alice, _ = make_account("Alice")
    charlie, _ = make_account("Charlie")
    make_site(alice)
    with tenancy.tenant(alice.pk):
        with tenancy.tenant(charlie.pk):
            assert Site.objects.count() == 0
            assert tenancy.current_account_id() == charlie.pk
        assert Site.objects.count() == 1
        with pytest.raises(ZeroDivisionError), tenancy.tenant(charlie.pk):
            1 / 0  # noqa: B018
        assert Site.objects.count() == 1
        assert tenancy.current_account_id() == alice.pk


def test_a_tenant_row_without_account_is_an_error() -> None:
    with pytest.raises(tenancy.NoTenant):
        Site(name="Nobody's", theme="markt", hue=1, vividness=1).save()


def test_the_account_of_a_row_never_changes() -> None:
    alice, _ = make_account("Alice")
    charlie, _ = make_account("Charlie")
    site = make_site(alice)
    with tenancy.tenant(alice.pk):
        site.account = charlie
        site.name = "New name"
        site.account_id = alice.pk
        site.save()
        assert Site.objects.get(id=site.id).name == "New name"


def test_a_member_sees_own_accounts_before_one_is_chosen() -> None:
    alice, user = make_account("Alice")
    make_account("Charlie")
    with transaction.atomic(), tenancy.context(account_id=None, user_id=user.pk):
        assert [m.account for m in Membership.objects.select_related("account")] == [alice]


def test_outbox_holds_ids_and_belongs_to_the_account() -> None:
    alice, _ = make_account("Alice")
    charlie, _ = make_account("Charlie")
    with tenancy.tenant(alice.pk):
        row_id = outbox.add("sites.tasks.notify_submission", submission_id=uuid.uuid4())
        assert Outbox.objects.get(id=row_id).account_id == alice.pk
    with tenancy.tenant(charlie.pk):
        assert not Outbox.objects.exists()


@pytest.mark.parametrize("login", ["hosting", "staff", "exporter", "eraser", "worker"])
def test_other_logins_see_no_page(login: str, role_connection: Callable[[str], Any]) -> None:
    """Drafts are for the app; worker, exporter and eraser find them inside an account only."""
    other = role_connection(login)
    with other, other.cursor() as cursor:
        if login in ("worker", "eraser", "exporter"):
            cursor.execute("SELECT count(*) FROM sites_page")
            assert cursor.fetchone() == (0,)
        else:
            with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                cursor.execute("SELECT count(*) FROM sites_page")


def test_no_login_can_switch_row_level_security_off(role_connection: Callable[[str], Any]) -> None:
    for login in ("app", "hosting", "staff", "worker", "exporter", "eraser"):
        other = role_connection(login)
        with other.cursor() as cursor:
            cursor.execute("SET row_security = off")
            with pytest.raises((psycopg2.errors.InsufficientPrivilege, psycopg2.DatabaseError)):
                cursor.execute("SELECT count(*) FROM sites_submission")
        other.rollback()
        for role in ("webanizr_owner", "webanizr_definer", "webanizr_migrator"):
            with other.cursor() as cursor, pytest.raises(psycopg2.errors.InsufficientPrivilege):
                cursor.execute(f"SET ROLE {role}")
            other.rollback()
