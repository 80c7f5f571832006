"""Erasing one website of several: what is its goes, everywhere, and nothing of the others (promise 09)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from privacy.datamap import Scope
from privacy.erasure import engine, ledger
from privacy.services.erasure import request_erasure
from sites.models import Form, Site, Submission
from tests import cast
from tests.erasure_world import OURS, Clock, Elsewhere, fill, found_anywhere, one_outside
from webanizr.core import storage, tenancy
from webanizr.core.vault import keystore

AsRole = Callable[[str], AbstractContextManager[Any]]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def outside() -> Iterator[Elsewhere]:
    storage.delete(*storage.keys(ledger.PREFIX))
    with one_outside() as system:
        yield system


def test_one_website_goes_and_the_other_stays(as_role: AsRole) -> None:
    alice = cast.owner("Alice")
    fill(alice, as_role)
    fill(alice, as_role)
    with tenancy.tenant(alice.account.pk, user_id=alice.user.pk):
        gone, stays = Site.objects.order_by("created_at")
        keys = {site.id: [str(each) for each in site.keys.values_list("id", flat=True)] for site in (gone, stays)}
        request = request_erasure(
            scope=Scope.SITE,
            subject_id=gone.id,
            account_id=alice.account.pk,
            actor_id=alice.user.pk,
            contact=None,
            now=timezone.now(),
            at_once=True,
        )
    with as_role("eraser"):
        clock = Clock()
        engine.advance(clock=clock)
        clock.moment += timedelta(hours=25)
        engine.advance(clock=clock)
        request.refresh_from_db()
        assert request.state == "done", list(request.steps.values("kind", "target", "state", "cause"))
    assert found_anywhere(str(gone.id), but=(*OURS, "accounts_auditevent")) == [], "but for who did what, by number"
    assert found_anywhere(str(stays.id))
    with tenancy.tenant(alice.account.pk, user_id=alice.user.pk):
        assert Form.objects.count() == 1
        assert Submission.objects.count() == 1
    names = {name.partition("/")[2] for name in keystore.store().names(alice.account.pk)}
    assert not set(keys[gone.id]) & names
    assert set(keys[stays.id]) <= names
