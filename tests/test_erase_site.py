"""Erasing one website with a button: consequences named, off the air, back with one click, gone with a certificate."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest

from accounts.models import Role
from privacy.erasure import engine, ledger
from privacy.models import ErasureRequest
from sites.models import Domain, Site, Submission
from sites.services.publish import publish_site
from tests import cast
from tests.erasure_world import Clock
from webanizr.core import storage, tenancy

pytestmark = pytest.mark.django_db(transaction=True)

AsRole = Callable[[str], AbstractContextManager[Any]]


@pytest.fixture(autouse=True)
def _own_ledger() -> None:
    storage.delete(*storage.keys(ledger.PREFIX))


def test_an_owner_erases_a_website_and_the_account_stays(as_role: AsRole) -> None:
    alice = cast.owner("Alice")
    site, _page, form = cast.site_of(alice)
    other, *_rest = cast.site_of(alice)
    cast.send(as_role, site, form, None, name="Vera", message="Dag")
    with tenancy.tenant(alice.account.pk, user_id=alice.user.pk):
        publish_site(site=site, actor=alice.user)
    cast.confirmed(alice)
    address = f"/sites/{site.id}/erase/"
    page = alice.client.get(address).content.decode()
    for text in ("1 message", "First take along what you want to keep", "/exports/everything/", "This stays"):
        assert text in page
    assert alice.client.post(address, {"when": "week"}).status_code == 422
    answer = alice.client.post(address, {"when": "week", "read": "on"})
    progress = urlsplit(answer.headers["Location"]).path
    with tenancy.tenant(alice.account.pk):
        assert not Domain.objects.filter(site_id=site.id, version_id__isnull=False).exists(), "off the air at once"
    assert f"{address}now/" in alice.client.get(progress).content.decode()
    # back with one click
    alice.client.post(f"{progress}terug/")
    with tenancy.tenant(alice.account.pk):
        assert Domain.objects.filter(site_id=site.id, version_id__isnull=False).exists()
    # and now in earnest
    answer = alice.client.post(address, {"when": "week", "read": "on"})
    progress = urlsplit(answer.headers["Location"]).path
    assert alice.client.post(f"{address}now/", {"sure": "on"}).status_code == 302
    clock = Clock()
    with as_role("eraser"):
        for _ in range(4):
            engine.advance(clock=clock)
            clock.moment += timedelta(days=1)
        assert ErasureRequest.objects.get(subject_id=site.id, state="done").certificate
    with tenancy.tenant(alice.account.pk):
        assert list(Site.objects.values_list("id", flat=True)) == [other.id]
        assert not Submission.objects.exists()
    page = alice.client.get(progress).content.decode()
    assert "Certificate (PDF)" in page
    assert alice.client.get(f"{progress}bewijs.pdf").content.startswith(b"%PDF")


def test_a_colleague_and_a_stranger_erase_nothing() -> None:
    alice = cast.owner("Alice")
    site, _page, _form = cast.site_of(alice)
    bob = cast.colleague("Bob", alice, Role.EDITOR)
    cast.confirmed(bob)
    assert bob.client.post(f"/sites/{site.id}/erase/", {"when": "now", "read": "on"}).status_code == 403
    assert "erase/" not in bob.client.get(f"/sites/{site.id}/settings/").content.decode()
    charlie = cast.owner("Charlie")
    cast.confirmed(charlie)
    assert charlie.client.post(f"/sites/{site.id}/erase/", {"when": "now", "read": "on"}).status_code == 404
