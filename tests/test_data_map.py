"""The data map knows every column, and stops the build when it doesn't (promises 06 to 12)."""

from __future__ import annotations

from io import StringIO
from unittest import mock

from django.core.management import call_command

from privacy.checks import data_map_is_complete
from privacy.datamap import Personal, data_map


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
