"""A database put back from a backup has forgotten unsubscribes; what is kept outside it brings them back."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import override_settings
from django.utils import timezone

from newsletters import scope
from newsletters.models import Consent, Contact, StopPosition, Suppression
from newsletters.selectors import audience
from newsletters.services import forgetting, stops, subscribe, suppression
from tests.newsletters.conftest import Letters
from webanizr.core import storage, tenancy
from webanizr.core.models import Outbox

pytestmark = pytest.mark.django_db(transaction=True)
Role = Callable[[str], AbstractContextManager[Any]]


@pytest.fixture(autouse=True)
def empty_storage() -> None:
    storage.delete(*storage.keys(stops.PREFIX))


def subscribed(letters: Letters, address: str) -> Any:
    now = timezone.now() - timedelta(hours=1)
    subscribe.subscribe(address=address, topics=["tips", "news"], language="nl", source="page", now=now)
    subscribe.confirm(token=letters.link("confirm", address).split("/")[-2], now=now)
    return scope.find(address)


def carry_out(as_role: Role) -> None:
    """Let the worker write down what waits in the outbox."""
    with as_role("worker"):
        with tenancy.tenant(tenancy.PLATFORM_ACCOUNT):
            rows = list(Outbox.objects.filter(task__startswith="newsletters.tasks.note").values_list("task", "args"))
        for task, args in rows:
            if task.endswith("line"):
                stops.note_line(args["line_id"])
            else:
                stops.note_suppression(**{**args, "at": datetime.fromisoformat(args["at"])})


def test_unsubscribes_survive_a_restored_backup(as_role: Role, letters: Letters, address: str) -> None:
    with override_settings(MAILING_PLATFORM=""):
        left, complained, back = (subscribed(letters, f"{name}-{address}") for name in ("left", "moaned", "back"))
        now = timezone.now()
        for each in (left, back):
            subscribe.unsubscribe(contact_id=each, topics=["tips"], source="mail", now=now)
        with scope.contact(complained):
            suppression.suppress(contact=Contact.objects.get(), reason="complaint", now=now)
        carry_out(as_role)
        # the backup is from before: what was said since is gone
        with as_role("eraser"):
            Consent.objects.filter(action="withdrawn").delete()
        with as_role("app"), scope.contact(complained):
            Suppression.objects.all().delete()
        with as_role("worker"):
            words = {"basis": "consent", "wording": "x", "wording_version": "x", "language": "nl", "source": "mail"}
            later = now + timedelta(minutes=1)  # somebody has asked again since
            Consent.objects.create(contact_id=back, topic_id="tips", action="confirmed", at=later, **words)
            assert audience([left])[left].topics == ("news", "tips")
            assert stops.catch_up(now=timezone.now()) == 3
            assert audience([left])[left].topics == ("news",)
            assert audience([back])[back].topics == ("news", "tips")
            assert audience([complained]) == {}
            assert stops.catch_up(now=timezone.now()) == 0
            assert StopPosition.objects.get().last.startswith(stops.PREFIX)


def test_an_address_that_is_gone_stays_stopped(as_role: Role, letters: Letters, address: str) -> None:
    contact_id = subscribed(letters, address)
    subscribe.unsubscribe(contact_id=contact_id, source="mail", now=timezone.now())
    carry_out(as_role)
    with as_role("eraser"):
        forgetting.delete([contact_id])
    with as_role("worker"):
        stops.catch_up(now=timezone.now())
        assert Suppression.objects.get().reason == Suppression.Reason.WITHDRAWN


def test_objects_go_when_no_backup_is_as_old(as_role: Role, letters: Letters, address: str) -> None:
    contact_id = subscribed(letters, address)
    subscribe.unsubscribe(contact_id=contact_id, source="mail", now=timezone.now())
    carry_out(as_role)
    names = list(storage.keys(stops.PREFIX))
    assert len(names) == 2
    assert address not in str([storage.get(name) for name in names])
    assert stops.tidy(now=timezone.now() + timedelta(days=34)) == 0
    assert stops.tidy(now=timezone.now() + timedelta(days=36)) == 2
