"""Promise 07, the mailing part: newsletters go through one external platform, which gets what they need and no more."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone

from newsletters.models import Consent, Contact
from newsletters.services import reconcile, sync
from privacy.export import subscriber_tables
from tests import external
from tests.conftest import _as_role
from tests.fakes.server import Fake, running
from tests.newsletters.conftest import Letters, letters  # noqa: F401  # a fixture
from tests.newsletters.engine import drain, erase, subscribed, unsubscribed
from webanizr.core import ratelimit
from webanizr.core.processors import REGISTRY

SENT = {"email", "language", "topics", "contact_number", "name"}


pytestmark = pytest.mark.usefixtures("committing_worker")


@pytest.fixture(params=external.MAILING)
def platform(request: pytest.FixtureRequest) -> Iterator[Fake]:
    with running(external.FAKES[request.param]) as fake:
        ratelimit.connection().flushdb()
        with external.configured(fake):
            yield fake


def test_it_gets_an_address_a_language_topics_and_a_number(platform: Fake, letters: Letters) -> None:  # noqa: F811
    address = f"vera-{uuid.uuid4().hex[:8]}@example.nl"
    contact_id = subscribed(letters, address)
    sync.push(contact_id)
    unsubscribed(contact_id)
    sync.push(contact_id)
    subscribed(letters, address)
    drain()
    run_id = reconcile.start(now=timezone.now())
    assert run_id is not None
    reconcile.go_on(run_id)
    erase(contact_id)
    drain()
    processor = REGISTRY[platform.name]
    assert {field.name for field in processor.fields} <= SENT
    names: set[str] = set()
    for request in platform.log:
        body = json.loads(request["body"]) if request["body"].startswith(("{", "[")) else {}
        names |= set(dotted(body))
        assert "127.0.0.1" not in request["body"] + request["path"]
        for secret in (line.wording for line in Consent.objects.filter(contact_id=contact_id)):
            assert secret not in request["body"]
    assert names
    assert {name for name in names if processor.field_of(name) is None} == set()


def dotted(content: Any, prefix: str = "") -> Iterator[str]:
    """Yield the names in a body as the declaration writes them."""
    if isinstance(content, list):
        for each in content:
            yield from dotted(each, prefix)
    elif isinstance(content, dict):
        for key, value in content.items():
            deeper = list(dotted(value, f"{prefix}{key}.")) if isinstance(value, dict | list) else []
            yield from deeper or [f"{prefix}{key}"]


def test_each_transfer_is_a_row_that_the_person_can_see(platform: Fake, letters: Letters) -> None:  # noqa: F811
    address = f"wil-{uuid.uuid4().hex[:8]}@example.nl"
    contact_id = subscribed(letters, address)
    assert external.transfers(contact_id) == []
    sync.push(contact_id)
    rows = external.transfers(contact_id)
    assert (rows[0].processor, rows[0].purpose) == (platform.name, "subscribe")
    assert "email" in rows[0].fields
    assert address not in str([row.fields for row in rows])  # fields, not values
    with _as_role("exporter"):
        copy = {table.label: table.as_json() for table in subscriber_tables(contact_id, address)}
    assert [each["processor"] for each in copy["core.Transfer"]] == [row.processor for row in rows]
    assert not Contact.objects.filter(id=contact_id, user_id__isnull=False).exists()
