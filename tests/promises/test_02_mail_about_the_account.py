"""Promise 02: mail about the account always comes, whatever somebody chose about newsletters, and goes its own way."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

import pytest
from django.utils import timezone

from newsletters import scope
from newsletters.models import Contact, Suppression
from newsletters.services import contacts, suppression
from tests import cast, journeys
from tests.local.running import Stack


def test_a_code_comes_after_every_newsletter_was_refused(page: Any, stack: Stack) -> None:
    address = journeys.sign_up(page, stack, "Anna Zondernieuws")
    page.goto("/settings/newsletter/")
    for switch in page.locator("input[name=topics]").all():
        switch.uncheck(force=True)
    journeys.send(page)
    before = len(stack.mails())
    page.context.clear_cookies()
    journeys.sign_in(page, stack, address)
    assert len(stack.mails()) > before
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"{stack.run['fakes']['brevo']}/_control/requests", timeout=10) as answer:
        asked = json.load(answer)["requests"]
    assert not [each for each in asked if address in json.dumps(each)], "account mail goes by the mailing platform"


@pytest.mark.django_db
@pytest.mark.parametrize("reason", [reason for reason, _label in Suppression.Reason.choices])
def test_a_stopped_newsletter_stops_no_code(reason: str) -> None:
    """Bounces and complaints belong to the stream that they came from."""
    alice = cast.owner("Alice")
    contact_id = contacts.find_or_create(alice.user.email, language="nl")
    with scope.contact(contact_id):
        suppression.suppress(contact=Contact.objects.get(), reason=reason, now=timezone.now())
    queued: list[dict[str, Any]] = []
    with pytest.MonkeyPatch.context() as patch:
        from webanizr.core import mail

        send = mail.send

        def keep(**given: Any) -> Any:
            queued.append(given)
            return send(**given)

        patch.setattr(mail, "send", keep)
        alice.client.logout()
        answer = alice.client.post("/login/", {"email": alice.user.email})
    assert answer.status_code == 302
    assert [each["to"] for each in queued if "account_id" in each] == [alice.user.email]
