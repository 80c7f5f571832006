"""The public proof page: live figures, gathered by the worker, honest about what isn't so or isn't known."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from django.db import DatabaseError
from django.test import Client
from django.utils import timezone

from privacy import promises
from privacy.evidence import WITNESSES, Finding, load
from privacy.models import Evidence
from privacy.promises import PROMISES
from privacy.selectors.proof import proof
from privacy.services.proof import gather_evidence
from privacy.statement import content
from tests import cast

AsRole = Callable[[str], AbstractContextManager[Any]]


def states(now: Any) -> dict[int, str]:
    return {row.promise.number: row.state for row in proof(now)}


def looks(key: str, look: Any) -> Any:
    """Let one witness find something else."""
    changed = mock.Mock(promise=WITNESSES[key].promise, key=key, words=WITNESSES[key].words, look=look)
    return mock.patch.dict(WITNESSES, {key: changed})


def test_every_promise_is_there_and_points_at_its_sentence() -> None:
    assert [promise.number for promise in PROMISES] == list(range(1, 17))
    slugs = {section.slug for section in content.sections("nl")}
    assert {promise.section for promise in PROMISES} <= slugs
    assert {witness.promise for witness in load().values()} <= set(range(1, 17))
    assert promises.tests_of(1)[0][1] >= 3


@pytest.mark.django_db(transaction=True)
def test_the_figures_come_from_the_running_system(as_role: AsRole) -> None:
    alice = cast.owner("Alice")
    cast.site_of(alice)
    now = timezone.now()
    assert set(states(now).values()) == {"notyet"}, "before anything was counted nothing is called proven"
    with as_role("worker"):
        assert gather_evidence(now=now) == len(load()) - 1  # whether files are at Amazon, a local copy can't say
    found = {each.key: each for each in Evidence.objects.all()}
    assert found["asked_at_sign_up"].value == "2"
    assert found["past_their_term"].params["forms"] >= 1
    assert found["hosting_reads_nothing"].value == "0"
    assert found["region"].value == "eu-west-1"
    assert states(now)[1] == "ok"
    assert states(now)[14] == "notyet", "this copy doesn't run at Amazon, and says so"
    assert "attention" not in states(now).values(), "each promise is kept, or honestly not proven yet"
    assert {states(now)[number] for number in (7, 8, 9, 12, 16)} == {"ok"}
    assert found["unsealed"].value == found["undeclared_fields"].value == "0"
    page = Client(headers={"accept-language": "nl"}).get("/privacy/bewijs/").content.decode()
    assert "Zo houden we ons aan onze privacyverklaring" in page
    assert "test_01_name_and_address.py" in page
    for private in (alice.user.email, alice.user.name, alice.account.name):
        assert private not in page
    with pytest.raises(DatabaseError, match="permission denied"):
        Evidence.objects.update(holds=True)


@pytest.mark.django_db(transaction=True)
def test_what_is_not_so_or_not_known_is_said(as_role: AsRole) -> None:
    now = timezone.now()
    with as_role("worker"):
        gather_evidence(now=now)
        assert states(now)[13] == "ok"
        with looks("hosting_reads_nothing", lambda now: Finding(3, holds=False, params={"all": 9})):
            gather_evidence(now=now)
        assert states(now)[13] == "attention"
        later = now + timedelta(minutes=90)
        with looks("hosting_reads_nothing", mock.Mock(side_effect=DatabaseError)):
            assert gather_evidence(now=later) == len(load()) - 2
    rows = {row.promise.number: row for row in proof(later)}
    assert rows[13].state == "attention"
    assert rows[1].state == "ok"
    assert states(later + timedelta(hours=2))[1] == "attention", "old figures prove nothing"


@pytest.mark.django_db
def test_a_promise_without_a_test_is_not_called_proven() -> None:
    with mock.patch("privacy.selectors.proof.tests_of", return_value=()):
        rows = proof(timezone.now())
    assert {row.state for row in rows} == {"notyet"}
    assert all("test" in row.why for row in rows)
