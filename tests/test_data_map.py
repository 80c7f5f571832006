"""The data map knows every column, and stops the build when it doesn't (promises 06 to 12)."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from typing import Any
from unittest import mock

import pytest
from django.apps import apps
from django.core.management import call_command

from privacy.checks import data_map_is_complete
from privacy.datamap import Erase, Path, Personal, Scope, Term, data_map
from privacy.paths import ROOTS, children_first, paths_of
from webanizr.core.processors import REGISTRY, Field, Processor


def test_every_column_is_declared() -> None:
    assert data_map_is_complete(None) == []


def test_an_undeclared_column_is_an_error() -> None:
    data_map.load()
    fields = {k: v for k, v in data_map.columns["accounts.User"].items() if k != "name"}
    with mock.patch.dict(data_map.columns, {"accounts.User": fields}):
        assert [(e.id, e.msg) for e in data_map_is_complete(None)] == [
            ("privacy.E001", "accounts.User.name is not in the data map.")
        ]


def test_a_declaration_without_column_is_an_error() -> None:
    data_map.load()
    fields = {**data_map.columns["accounts.User"], "shoe_size": data_map.columns["accounts.User"]["name"]}
    with mock.patch.dict(data_map.columns, {"accounts.User": fields}):
        assert [e.id for e in data_map_is_complete(None)] == ["privacy.E002"]


def test_name_and_address_are_all_that_a_user_has() -> None:
    data_map.load()
    personal = {name for label, name, _ in data_map.personal() if label == "accounts.User"}
    assert personal == {"name", "email"}


def test_personal_columns_have_words() -> None:
    data_map.load()
    declarations = list(data_map.personal())
    assert len(declarations) > 20
    for label, name, declaration in declarations:
        assert isinstance(declaration, Personal)
        assert str(declaration.purpose).strip(), f"{label}.{name}"
        assert str(declaration.retention).strip(), f"{label}.{name}"


def test_privacy_map_prints_it() -> None:
    out = StringIO()
    call_command("privacy_map", "--personal", stdout=out)
    assert "accounts.User.email" in out.getvalue()
    assert "core.Outbox.attempts" not in out.getvalue()
    assert "user by id" in out.getvalue()


def test_a_personal_column_that_no_path_leads_to_is_an_error() -> None:
    """The history of sessions is found by the session keys of somebody's sign-ins, and by nothing else."""
    data_map.load()
    with mock.patch.dict(data_map.paths, {"sessions.Session": ()}):
        assert {(e.id, e.msg.split(" ")[0]) for e in data_map_is_complete(None)} == {
            ("privacy.E003", "sessions.Session.session_key"),
            ("privacy.E003", "sessions.Session.session_data"),
        }


@pytest.mark.parametrize(
    "rule",
    [Path(Scope.USER, "nobody"), Path(Scope.USER, "id", through=("accounts.SignIn", "nobody")), Term("nobody")],
    ids=["path", "through", "term"],
)
def test_a_rule_that_names_no_column_is_an_error(rule: Path | Term) -> None:
    data_map.load()
    rules = {"paths": data_map.paths, "terms": data_map.terms}["terms" if isinstance(rule, Term) else "paths"]
    with mock.patch.dict(rules, {"accounts.Membership": (rule,)}):
        assert [e.id for e in data_map_is_complete(None)] == ["privacy.E004"]


def test_a_processor_gets_declared_columns_only() -> None:
    data_map.load()
    shoes = Field("shoes", "Shoe size", ("shoes",), source=("accounts.User.shoe_size",))
    name = Field("name", "Name", ("name",), source=("accounts.User.name",))
    shop = Processor("shop", "Shop", str, "Selling", {}, (shoes, name), frozenset(), "Delft")
    with mock.patch.dict(REGISTRY, {"shop": shop}):
        assert ["accounts.User.shoe_size" in e.msg for e in data_map_is_complete(None)] == [True]
        assert shop in data_map.recipients("accounts.User", "name")
    assert shop not in data_map.recipients("accounts.User", "name")


def test_rows_can_be_deleted_in_one_order() -> None:
    order = [model._meta.label for model in children_first()]
    assert len(order) == len(set(order)) == len({m._meta.label for m in apps.get_models(include_auto_created=True)})
    for child, parent in (
        ("sites.Submission", "sites.Form"),
        ("sites.Form", "sites.Site"),
        ("sites.Site", "accounts.Account"),
    ):
        assert order.index(child) < order.index(parent)


@pytest.mark.django_db
def test_the_eraser_may_delete_or_empty_all_that_a_path_leads_to(role_connection: Callable[[str], Any]) -> None:
    data_map.load()
    with role_connection("eraser").cursor() as cursor:
        for label in data_map.columns:
            table = apps.get_model(label)._meta.db_table
            for path in paths_of(label):
                column = apps.get_model(label)._meta.get_field(path.column).column
                cursor.execute(
                    "SELECT has_table_privilege(%s, 'DELETE'), has_column_privilege(%s, %s, 'UPDATE')",
                    [table, table, column],
                )
                deletes, empties = cursor.fetchone()
                assert empties if path.unlink else deletes, f"{label} by {path.column}"


def test_every_storage_prefix_says_with_what_it_goes() -> None:
    data_map.load()
    for place in data_map.places:
        if place.kind != "storage" or not isinstance(place.declaration, Personal):
            continue
        if place.declaration.erase is not Erase.KEPT:
            assert place.declaration.erase is Erase.WITH_OBJECT, place.name
            assert Scope.ACCOUNT in place.where, place.name
    assert set(ROOTS) >= {Scope.ACCOUNT, Scope.USER, Scope.SITE}
