"""A subscriber without an account goes through the erasure engine: a link, the platform, a second look, the proof."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client, override_settings
from django.utils import timezone

from newsletters.addresses import key_of
from newsletters.models import Contact, Suppression, SyncState
from newsletters.services import sync
from privacy.erasure import certificate, engine, ledger, plan
from privacy.models import ErasureRequest, ErasureStep
from privacy.selectors.board import board
from tests import external
from tests.erasure_world import OURS, Clock, found_anywhere
from tests.fakes.brevo import Brevo
from tests.fakes.server import Fake, running
from tests.newsletters.conftest import Letters
from tests.newsletters.engine import subscribed
from tests.staff import Desk, Hire
from webanizr.core import outbox, storage, tenancy
from webanizr.core.models import Outbox

pytestmark = pytest.mark.django_db(transaction=True)
AsRole = Callable[[str], AbstractContextManager[Any]]


@pytest.fixture
def brevo(worker: None) -> Iterator[Fake]:
    storage.delete(*storage.keys(ledger.PREFIX))
    with running(Brevo) as fake, external.configured(fake):
        yield fake


@pytest.fixture
def vera(brevo: Fake, letters: Letters, address: str) -> Contact:
    """Somebody who gets the newsletter, known at the platform as a contact, by mails sent, and as bounced."""
    contact_id = subscribed(letters, address)
    sync.push(contact_id)
    for do in ("mail", "block"):
        brevo.act(do, {"email": address})
    return Contact.objects.get(id=contact_id)


def ask(letters: Letters, address: str, as_role: AsRole, **settings: Any) -> str:
    """Ask in the preference centre, open the mailed link, press the button; return the page of the erasure."""
    with as_role("app"), override_settings(**settings):
        visitor = Client()
        visitor.post(letters.link("welcome", address), {"action": "erase"})
        answer = visitor.post(letters.link("erase", address))
        assert answer.status_code == 200, answer.content[-2000:]
        page = str(answer.context["progress"])
        assert page in answer.content.decode()
    return page[page.index("/privacy/") :]


def run(as_role: AsRole, brevo: Fake, clock: Clock) -> ErasureRequest:
    with as_role("eraser"), external.configured(brevo):
        engine.advance(clock=clock)
        return ErasureRequest.objects.get()


def names(request: ErasureRequest) -> list[tuple[str, str, str, str]]:
    return list(request.steps.values_list("kind", "target", "state", "cause"))


def test_a_subscriber_is_erased_everywhere_looked_at_again_and_certified(
    vera: Contact, brevo: Fake, letters: Letters, address: str, as_role: AsRole
) -> None:
    sent = external.settings_for(brevo)
    page = ask(letters, address, as_role, **sent)
    clock = Clock()
    request = run(as_role, brevo, clock)
    assert request.state == "running", "it is looked at again a day later"
    assert request.scope == "subscriber"
    with as_role("eraser"):
        assert not Contact.objects.exists()
        waiting = request.steps.exclude(state__in=ErasureStep.FINAL)
        assert not waiting.filter(stage__lte=plan.ERASE).exists(), names(request)
    assert address not in json.dumps(brevo.store.tables)
    with as_role("app"):
        seen = Client().get(page, headers={"accept-language": "nl"}).content.decode()
        assert "in onze laatste mail staat de link" in seen
        assert "uitgelogd" not in seen
    with as_role("staff"):
        shown = {lane.key: [card.request.id for card in lane.cards] for lane in board(timezone.now()).lanes}
        assert shown["busy"] == [request.id]
    brevo.act("add", {"email": address})  # an old list is imported there
    clock.moment += timedelta(hours=25)
    request = run(as_role, brevo, clock)
    clock.moment += timedelta(hours=25)
    request = run(as_role, brevo, clock)
    with as_role("eraser"):
        assert request.state == "done", names(request)
        [mailing] = request.steps.filter(kind="system", target="mailing")
        assert mailing.reopened == 1
    assert address not in json.dumps(brevo.store.tables)
    assert request.certificate is not None
    assert certificate.is_valid(request.certificate, request.signature)
    last = [each for each in letters if each["to"] == address][-1]
    assert (last["template"], last["context"]["link"][-len(page) :]) == ("mail/newsletter_erased", page)
    with as_role("app"):
        assert "Bewijs van wissen" in Client().get(page, headers={"accept-language": "nl"}).content.decode()
    assert found_anywhere(address) == []
    assert found_anywhere(str(vera.id), but=(*OURS, "core_outbox")) == [], "finished tasks hold numbers for a week"
    assert ledger.head() == 1
    [line] = [line for _seq, line in ledger.lines(after=0)]
    assert address not in json.dumps(line)
    with as_role("worker"):
        assert Suppression.objects.get(address_key=key_of(address)).reason == "erased"


def test_a_platform_that_is_no_longer_used_stands_still_and_is_not_skipped(
    vera: Contact, brevo: Fake, letters: Letters, address: str, as_role: AsRole
) -> None:
    SyncState.objects.update(provider="mailchimp")
    ask(letters, address, as_role, **external.settings_for(brevo))
    request = run(as_role, brevo, Clock())
    with as_role("eraser"):
        step = request.steps.get(kind="rows", target="newsletters.SyncState")
        assert (step.state, step.cause) == ("blocked", "former_platform")
        assert Contact.objects.exists()


def test_unknown_is_not_absent(vera: Contact, brevo: Fake, letters: Letters, address: str, as_role: AsRole) -> None:
    ask(letters, address, as_role, **external.settings_for(brevo))
    brevo.fail("500", times=500)
    request = run(as_role, brevo, Clock())
    with as_role("eraser"):
        assert request.steps.get(kind="system", target="mailing").state == "retry"
        assert request.certificate is None


def test_staff_have_the_link_mailed_and_learn_nothing(
    vera: Contact, letters: Letters, address: str, as_role: AsRole, hire: Hire, desk: Desk
) -> None:
    with desk(hire("Sam", "support")) as browser:
        wrong = browser.post("/newsletter/", {"action": "erase", "email": "vera"})
        assert "name@example.nl" in wrong.content.decode()
        answers = [
            browser.post("/newsletter/", {"action": "erase", "email": each}) for each in (address, f"x{address}")
        ]
        assert [answer.status_code for answer in answers] == [302, 302]
    with as_role("worker"):
        with tenancy.tenant(tenancy.PLATFORM_ACCOUNT):
            [row] = Outbox.objects.filter(task="newsletters.tasks.mail_erase_link")
        assert row.args == {"contact_id": str(vera.id)}
        from celery import current_app

        current_app.loader.import_default_modules()
        assert row.id in [each.id for each in outbox.claim(per_account=100, total=100)]
        current_app.tasks[row.task](outbox_id=str(row.id), account_id=str(row.account_id))
    assert letters.link("erase", address)


def test_who_subscribes_anew_before_the_second_look_stays_subscribed(
    vera: Contact, brevo: Fake, letters: Letters, address: str, as_role: AsRole
) -> None:
    ask(letters, address, as_role, **external.settings_for(brevo))
    clock = Clock(timezone.now())  # who subscribes anew does so after it began
    run(as_role, brevo, clock)
    assert address not in json.dumps(brevo.store.tables)
    again = subscribed(letters, address)
    sync.push(again)
    assert again != vera.id
    for _ in range(2):
        clock.moment += timedelta(hours=25)
        request = run(as_role, brevo, clock)
    with as_role("eraser"):
        assert request.state == "done", names(request)
        assert request.steps.get(target="mailing").reopened == 0
        assert "given_anew:1" in request.steps.get(kind="recheck").evidence
        assert Contact.objects.filter(id=again).exists()
    assert address in json.dumps(brevo.store.tables["contacts"])
    assert str(vera.id) not in json.dumps(brevo.store.tables)
