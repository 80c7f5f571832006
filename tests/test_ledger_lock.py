"""The ledger's bucket can't be changed by anybody: as infra/ makes it, and start-up refuses without. Against moto."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.test import override_settings
from moto.server import ThreadedMotoServer

from privacy import ledger
from webanizr.core import checks, storage
from webanizr.core.storage import clients
from webanizr.local.place import ROOT

ACCOUNT = uuid.UUID(int=7)
NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    running = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    yield f"http://{host}:{port}"
    running.stop()


@pytest.fixture
def aws(server: str) -> Iterator[str]:
    """A file store on AWS, with a name for the ledger's bucket that doesn't exist yet."""
    name = f"ledger-{uuid.uuid4().hex[:12]}"
    with override_settings(AWS_S3_ENDPOINT_URL=server, LEDGER_BUCKET=name, LEDGER_LOCK=True, SERVICE="worker"):
        clients.s3.cache_clear()
        yield name
    clients.s3.cache_clear()


def template() -> dict[str, Any]:
    """Return the bucket's properties in infra/."""
    found: dict[str, Any] = yaml.safe_load((ROOT / "infra/aws/ledger.yaml").read_text())
    properties: dict[str, Any] = found["Resources"]["Ledger"]["Properties"]
    return properties


def make(name: str, *, locked: bool = True, rule: dict[str, Any] | None = None) -> None:
    place: Any = {"LocationConstraint": "eu-west-1"}
    clients.s3().create_bucket(Bucket=name, CreateBucketConfiguration=place, ObjectLockEnabledForBucket=locked)
    if rule:
        clients.s3().put_object_lock_configuration(Bucket=name, ObjectLockConfiguration=rule)  # type: ignore[arg-type]  # boto3-stubs' own


def refused() -> list[str]:
    return [f"{each.id} {each.msg}" for each in checks.ledger_is_locked(None)]


def test_as_infra_makes_it_production_starts(aws: str) -> None:
    made = template()
    make(aws, locked=made["ObjectLockEnabled"], rule=made["ObjectLockConfiguration"])
    assert refused() == []
    assert storage.ledger_lock() == 400


@pytest.mark.parametrize(
    ("locked", "rule"),
    [
        (False, None),
        (True, None),
        (True, {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 400}}}),
        (True, {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 30}}}),
    ],
)
def test_without_the_lock_it_does_not(aws: str, locked: bool, rule: dict[str, Any] | None) -> None:
    make(aws, locked=locked, rule=rule)
    assert [each[:13] for each in refused()] == ["webanizr.E007"]


def test_one_bucket_for_all_or_none_at_all_is_refused(aws: str) -> None:
    assert len(refused()) == 1  # there is no such bucket
    with override_settings(LEDGER_BUCKET=settings.S3_BUCKET):
        assert "a bucket of its own" in refused()[0]
    for service in ("staff", "hosting", "exporter"):
        with override_settings(SERVICE=service):
            assert refused() == []


def test_a_head_that_was_written_over_still_counts(aws: str) -> None:
    made = template()
    make(aws, locked=True, rule=made["ObjectLockConfiguration"])
    ledger.keep_head(account_id=ACCOUNT, seq=3, hash=b"\x01" * 32, now=NOW)
    ledger.keep_head(account_id=ACCOUNT, seq=3, hash=b"\x02" * 32, now=NOW.replace(hour=4))
    storage.delete(ledger.key(ACCOUNT, NOW))  # leaves a mark, and everything under it
    assert [each.hash[0] for each in ledger.heads(ACCOUNT)] == [1, 2]
    [first] = [
        version
        for key, version in storage.versions(ledger.PREFIX)
        if storage_hash(key, version) == (b"\x01" * 32).hex()
    ]
    with pytest.raises(OSError, match="not deleted"):
        storage.delete_versions([(ledger.key(ACCOUNT, NOW), first)])
    assert not list(storage.keys(ledger.PREFIX))


def storage_hash(key: str, version: str) -> str:
    """Return the hash that a version holds; "" for the mark of a deletion."""
    try:
        return str(json.loads(storage.get(key, version=version))["hash"])
    except storage.Missing:
        return ""
