"""Webhooks of the mailing platforms: each says what happened, a forged or stale one nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from newsletters.connectors import platform
from newsletters.connectors.base import EventKind, WebhookRefused
from privacy.connectors.api import pause_of
from tests import external
from tests.fakes import mailchimp as mailchimp_fake
from tests.fakes.server import Fake
from webanizr.core import net

pytestmark = pytest.mark.usefixtures("committing_worker")


def heard(fake: Fake, monkeypatch: pytest.MonkeyPatch, do: str, email: str) -> tuple[dict[str, str], bytes]:
    """Let something happen at the platform; return the webhook that it sends."""
    sent: list[tuple[dict[str, str], bytes]] = []
    monkeypatch.setattr(fake, "send_webhook", lambda headers, body: sent.append((headers, body)))
    assert fake.act(do, {"email": email})
    return sent[0]


KINDS = {
    "unsubscribe": EventKind.UNSUBSCRIBED,
    "bounce": EventKind.HARD_BOUNCE,
    "complain": EventKind.COMPLAINT,
    "delete": EventKind.DELETED,
}


@pytest.mark.parametrize("do", KINDS)
@pytest.mark.parametrize("name", ["brevo", "mailchimp"])
def test_a_webhook_tells_what_happened_and_tells_it_the_same_twice(
    fakes: dict[str, Fake], name: str, do: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for fake in external.emptied(fakes[name]):
        who = external.contact()
        platform().upsert(who)
        headers, body = heard(fake, monkeypatch, do, who.email)
        told = [
            platform().events(headers=headers, body=body, secret=mailchimp_fake.WEBHOOK_SECRET, now=timezone.now())
            for _ in range(2)
        ]
        assert [(event.kind, event.email) for event in told[0]] == [(KINDS[do], who.email)]
        assert told[0][0].id == told[1][0].id
        assert abs((told[0][0].at - timezone.now()).total_seconds()) < 60


def test_a_webhook_of_somebody_else_is_refused(mailing: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    who = external.contact()
    platform().upsert(who)
    now, right = timezone.now(), mailchimp_fake.WEBHOOK_SECRET
    tries: list[tuple[dict[str, str], bytes, str, Any]]
    if mailing.name == "listmonk":  # it sends none
        tries = [({}, b"{}", right, now)]
    elif mailing.name == "brevo":
        _, body = heard(mailing, monkeypatch, "unsubscribe", who.email)
        tries = [
            ({}, body, "wrong", now),
            ({}, body, "", now),
            ({}, b"no json", right, now),
            ({}, b'["x"]', right, now),
        ]
    else:
        headers, body = heard(mailing, monkeypatch, "unsubscribe", who.email)
        forged = mailchimp_fake.signed(body, "another secret")
        tries = [
            (headers, body + b"&x=1", right, now),
            (headers, body, right, now + timedelta(seconds=301)),
            (forged, body, right, now),
            ({"X-Mailchimp-Signature": "nonsense"}, body, right, now),
            ({}, body, "wrong", now),
        ]
    for headers, body, secret, when in tries:
        with pytest.raises(WebhookRefused):
            platform().events(headers=headers, body=body, secret=secret, now=when)
    with external.configured(mailing, MAILING_WEBHOOK_SECRET=""), pytest.raises(WebhookRefused):
        platform().events(headers={}, body=b"", secret="", now=now)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7),
        ({"retry-after": "Wed, 25 Nov 2026 12:00:30 GMT"}, 30),
        ({"retry-after": "Wed, 25 Nov 2026 11:00:00 GMT"}, 0),
        ({"retry-after": "999999"}, 3600),
        ({"x-sib-ratelimit-reset": "12"}, 12),
        ({"retry-after": "soon"}, None),
        ({}, None),
    ],
)
def test_how_long_a_provider_asks_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    now = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
    assert pause_of(net.Answer(429, headers, b""), now=now) == seconds
