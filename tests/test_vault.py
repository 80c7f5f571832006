"""The vault: what is sealed opens for its own row and key, whole or not at all (promises 10, 13 and 16)."""

from __future__ import annotations

import itertools
import os
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings

from tests import cast
from webanizr.core import tenancy, vault
from webanizr.core.vault import keys, keystore, records, streams, wrapping

ACCOUNT, SITE, FORM, ROW = (uuid.UUID(int=n) for n in (1, 2, 3, 4))
IDS = {"account_id": ACCOUNT, "site_id": SITE, "form_id": FORM, "submission_id": ROW}
CONTENT = {"fields": [{"id": "email"}], "values": {"email": "vera@example.nl"}}

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def context(tmp_path: Path) -> Iterator[None]:
    """Work for the account, with a key store of this test alone and nothing remembered."""
    keys.forget()
    records.forget_keys()
    with override_settings(KEY_DIR=str(tmp_path / "keys")), tenancy.tenant(ACCOUNT):
        yield


def intake(pair: vault.Pair, **changes: Any) -> tuple[vault.IntakeKey, dict[str, Any]]:
    """Return an intake key and what `open_intake_key` takes to open its stored copy."""
    key, sealed = vault.new_intake_key(account_id=ACCOUNT, site_id=SITE, pair=pair)
    stored = {"sealed": sealed, "key_id": key.id, "account_id": ACCOUNT, "site_id": SITE, "pair_id": pair.id}
    return key, stored | changes


def test_there_and_back() -> None:
    key, stored = intake(vault.make_pair(ACCOUNT))
    sealed = vault.seal(CONTENT, key=key, **IDS)
    assert b"vera" not in sealed
    assert vault.unseal(sealed, key=vault.open_intake_key(**stored), **IDS) == CONTENT


@pytest.mark.parametrize("name", IDS)
def test_moved_to_another_row(name: str) -> None:
    key, _stored = intake(vault.make_pair(ACCOUNT))
    sealed = vault.seal(CONTENT, key=key, **IDS)
    with pytest.raises(vault.Unreadable, match="moved"):
        vault.unseal(sealed, key=key, **(IDS | {name: uuid.uuid4()}))


def test_every_damaged_byte_is_noticed() -> None:
    key, _stored = intake(vault.make_pair(ACCOUNT))
    sealed = vault.seal(CONTENT, key=key, **IDS)
    for at in range(len(sealed)):
        broken = cast.damaged(sealed, at)
        with pytest.raises(vault.Unreadable):
            vault.unseal(broken, key=key, **IDS)
    for cut in range(len(sealed)):
        with pytest.raises(vault.Unreadable):
            vault.unseal(sealed[:cut], key=key, **IDS)


def test_what_is_not_sealed_is_not_read() -> None:
    key, _stored = intake(vault.make_pair(ACCOUNT))
    with pytest.raises(vault.Unreadable, match="format"):
        vault.unseal(vault.PLAIN + b'{"values": {}}', key=key, **IDS)


@pytest.mark.parametrize("change", ["key_id", "site_id", "pair_id", "sealed"])
def test_an_intake_key_belongs_to_its_row(change: str) -> None:
    pair, other = vault.make_pair(ACCOUNT), vault.make_pair(ACCOUNT)
    _key, stored = intake(pair)
    value = {"pair_id": other.id, "sealed": cast.damaged(stored["sealed"])}.get(change, uuid.uuid4())
    with pytest.raises(vault.Unreadable):
        vault.open_intake_key(**(stored | {change: value}))


def test_a_key_that_is_destroyed_is_gone_everywhere() -> None:
    pair = vault.make_pair(ACCOUNT)
    _key, stored = intake(pair)
    assert vault.open_intake_key(**stored)
    vault.destroy_pair(ACCOUNT, pair.id)
    records.forget_keys()
    with pytest.raises(vault.Unreadable, match="key missing"):
        vault.open_intake_key(**stored)
    assert list(keystore.store().names(ACCOUNT)) == []


def test_a_key_renamed_to_another_is_noticed() -> None:
    one, two = vault.make_pair(ACCOUNT), vault.make_pair(ACCOUNT)
    store = keystore.store()
    store.put(f"{ACCOUNT}/{one.id}", store.get(f"{ACCOUNT}/{two.id}"))
    with pytest.raises(vault.Unreadable, match="another key"):
        keys.private_key(ACCOUNT, one.id)


def test_a_key_of_another_account_does_not_unwrap() -> None:
    pair, stranger = vault.make_pair(ACCOUNT), uuid.uuid4()
    store = keystore.store()
    store.put(f"{stranger}/{pair.id}", store.get(f"{ACCOUNT}/{pair.id}"))
    with tenancy.tenant(stranger), pytest.raises(vault.Unreadable, match="wrapped key"):
        keys.private_key(stranger, pair.id)


def test_keys_are_forgotten_after_five_minutes() -> None:
    assert keys.CACHE_SECONDS <= 300
    brief: vault.Brief[str] = vault.Brief(seconds=0.1, most=2)
    for number in range(3):
        brief.put(number, "secret")
    assert [brief.get(number) for number in range(3)] == [None, "secret", "secret"]
    deadline = time.monotonic() + 5
    while len(brief):  # also when nobody asks for them
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize("service", ["hosting", "eraser", "migrator"])
def test_other_services_open_nothing(service: str) -> None:
    pair = vault.make_pair(ACCOUNT)
    _key, stored = intake(pair)
    vault.open_intake_key(**stored)  # even what this process has in memory
    with override_settings(SERVICE=service), pytest.raises(vault.Forbidden):
        vault.open_intake_key(**stored)


def test_a_service_opens_for_the_account_it_works_for() -> None:
    _key, stored = intake(vault.make_pair(ACCOUNT))
    vault.open_intake_key(**stored)
    with tenancy.tenant(uuid.uuid4()), pytest.raises(vault.Forbidden):
        vault.open_intake_key(**stored)


def test_staff_need_an_open_session(monkeypatch: pytest.MonkeyPatch) -> None:
    _key, stored = intake(vault.make_pair(ACCOUNT))
    session, asked, withdrawn = uuid.uuid4(), [], False

    def guard(account_id: uuid.UUID, session_id: uuid.UUID) -> bool:
        asked.append((account_id, session_id))
        return not withdrawn

    with override_settings(SERVICE="staff"):
        with pytest.raises(vault.Forbidden):
            vault.open_intake_key(**stored)
        monkeypatch.setattr(keys, "_guard", guard)
        with pytest.raises(vault.Forbidden):
            vault.open_intake_key(**stored)
        assert asked == []
        with vault.access_session(session):
            assert vault.open_intake_key(**stored)
            withdrawn = True
            with pytest.raises(vault.Forbidden):  # asked again, whatever is remembered
                vault.open_intake_key(**stored)
    assert set(asked) == {(ACCOUNT, session)}


def test_a_service_without_a_wrapping_key_unwraps_nothing() -> None:
    pair = vault.make_pair(ACCOUNT)
    with override_settings(WRAPPING_KEY_FILE="", KMS_KEY=""), pytest.raises(vault.Forbidden):
        keys.private_key(ACCOUNT, pair.id)


def test_an_unknown_wrapping_key_is_an_error_and_not_a_new_key(tmp_path: Path) -> None:
    pair = vault.make_pair(ACCOUNT)
    other = tmp_path / "other.key"
    other.write_text(os.urandom(32).hex())
    with override_settings(WRAPPING_KEY_FILE=str(other)), pytest.raises(vault.Unreadable):
        keys.private_key(ACCOUNT, pair.id)
    with override_settings(WRAPPING_KEY_FILE=str(tmp_path / "none")), pytest.raises(vault.Unavailable):
        wrapping.wrap(b"", ACCOUNT)


def test_the_accounts_key_is_made_once_and_differs_by_purpose() -> None:
    vault.make_account_key(ACCOUNT)
    first = vault.account_key(ACCOUNT, "search")
    vault.make_account_key(ACCOUNT)
    keys.forget()
    assert vault.account_key(ACCOUNT, "search") == first
    assert vault.account_key(ACCOUNT, "export") != first


# --- files

SIZES = [0, 1, streams.CHUNK - 1, streams.CHUNK, streams.CHUNK + 1, 3 * streams.CHUNK]


@pytest.mark.parametrize("size", SIZES)
def test_a_file_there_and_back(size: int) -> None:
    data, key = os.urandom(size), os.urandom(32)
    pieces = (data[at : at + 1000] for at in range(0, size, 1000))
    sealed = b"".join(vault.seal_stream(pieces, key=key, bound=b"file"))
    assert len(sealed) == vault.sealed_size(size)
    for step in (777, len(sealed)):
        parts = (sealed[at : at + step] for at in range(0, len(sealed), step))
        assert vault.as_file(vault.open_stream(parts, key=key, bound=b"file")).read() == data


def test_a_damaged_file_is_noticed() -> None:
    data, key = os.urandom(3 * streams.CHUNK), os.urandom(32)
    sealed = list(vault.seal_stream([data], key=key, bound=b"file"))
    head, one, two, three = sealed

    def opens(*parts: bytes, **changes: Any) -> bool:
        try:
            return b"".join(vault.open_stream(parts, **({"key": key, "bound": b"file"} | changes))) == data
        except vault.Unreadable:
            return False

    assert opens(*sealed)
    wrong: list[tuple[bytes, ...]] = [
        (), (head,), (head, one), (head, one, two), (head, two, one, three), (head, one, three), (head, one, two, two),
        (head, one, two, three, three), (head, one, two, three[:-1]), (b"\2" + head[1:], one, two, three),
        (head, one, cast.damaged(two, 5), three), (*sealed, b"x"),
    ]  # fmt: skip
    assert [parts for parts in wrong if opens(*parts)] == []
    assert not opens(*sealed, bound=b"other")
    assert not opens(*sealed, key=os.urandom(32))


def test_a_large_file_passes_through_in_pieces() -> None:
    key = os.urandom(32)
    endless = itertools.repeat(b"x" * 4096)
    sealed = vault.seal_stream(endless, key=key, bound=b"")
    opened = vault.open_stream(sealed, key=key, bound=b"")
    assert sum(len(next(opened)) for _ in range(20)) == 20 * streams.CHUNK
