"""Mail about the account: sent once by SES, whatever happens on the way; bounces and complaints are heeded."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from anymail.exceptions import AnymailAPIError
from botocore.exceptions import BotoCoreError
from django.test import Client, override_settings
from django.utils import timezone

from newsletters.addresses import key_of
from newsletters.models import Suppression
from privacy.connectors.base import Identity, Presence, Result, systems
from tests import cast
from tests.fakes import ses
from tests.fakes.server import running
from webanizr.core import mail, mail_events, outbox, tenancy
from webanizr.core.models import Mail, MailEvent, MailStop, Outbox, Transfer
from webanizr.core.storage import clients

pytestmark = pytest.mark.django_db(transaction=True)

Role = Callable[[str], AbstractContextManager[Any]]


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[ses.Ses]:
    """SES on loopback, with the settings of production."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with running(ses.Ses) as fake, override_settings(
        EMAIL_BACKEND="anymail.backends.amazon_ses.EmailBackend",
        ANYMAIL={
            "AMAZON_SES_CLIENT_PARAMS": {
                "region_name": "eu-west-1",
                "endpoint_url": fake.url,
                "config": {"retries": {"total_max_attempts": 1}},
            },
            "AMAZON_SES_CONFIGURATION_SET_NAME": "webanizr-account-mail",
            "WEBHOOK_SECRET": ses.SECRET,
        },
        MAIL_EVENTS_TOPIC=ses.TOPIC,
    ):  # fmt: skip
        assert isinstance(fake, ses.Ses)
        yield fake


def someone(as_role: Role) -> cast.Person:
    """Return Alice, whose mail of welcome is out of the way."""
    alice = cast.owner("Alice")
    with as_role("worker"), tenancy.tenant(alice.account.pk):
        Mail.objects.all().delete()
        Outbox.objects.all().delete()
    return alice


def queue(alice: cast.Person) -> uuid.UUID:
    with tenancy.tenant(alice.account.pk, user_id=alice.user.pk):
        return mail.send(
            to=alice.user.email, template="mail/code", context={"code": "123456", "minutes": 15, "purpose": "login"}
        )


def work(account_id: uuid.UUID, task: str, as_role: Role) -> None:
    """Let a worker run what is due for one task."""
    with as_role("worker"), override_settings(MAIL_DOUBT_SECONDS=120):
        for row in outbox.claim():
            if row.task != task:
                outbox.give_back(row.account_id, row.id, seconds=0, counted=False)
                continue
            found = mail.deliver if task.endswith("deliver") else mail_events.handle
            with contextlib.suppress(AnymailAPIError, BotoCoreError):  # the outbox notes it
                found(outbox_id=str(row.id), account_id=str(row.account_id))


DELIVER, HANDLE = "webanizr.core.mail.deliver", "webanizr.core.mail_events.handle"


def test_a_mail_is_sent_recorded_and_forgotten(provider: ses.Ses, as_role: Role) -> None:
    alice = someone(as_role)
    mail_id = queue(alice)
    work(alice.account.pk, DELIVER, as_role)
    (number,) = provider.store.table("mails")
    message = provider.message(number)
    body = message.get_body(("html",))
    assert body is not None
    assert message["To"] == alice.user.email
    assert provider.store.table("mails")[number]["set"] == "webanizr-account-mail"
    assert "<img" not in body.get_content()  # no pixel
    assert "awstrack" not in body.get_content()
    with as_role("worker"):
        with tenancy.tenant(alice.account.pk):
            assert not Mail.objects.filter(id=mail_id).exists()
        rows = Transfer.objects.filter(person_id=alice.user.pk)
        assert [(row.processor, row.purpose, row.fields) for row in rows] == [("ses", "mail", ["email", "words"])]


@pytest.mark.parametrize("kind", ["timeout_after", "drop"])
def test_after_no_answer_the_providers_report_decides(provider: ses.Ses, as_role: Role, kind: str) -> None:
    alice = someone(as_role)
    mail_id = queue(alice)
    provider.fail(kind)
    work(alice.account.pk, DELIVER, as_role)
    make_due(alice, as_role)
    work(alice.account.pk, DELIVER, as_role)
    sent = len(provider.store.table("mails"))
    assert sent == (1 if kind == "timeout_after" else 0)  # no second attempt within two minutes
    if kind == "timeout_after":
        number = next(iter(provider.store.table("mails")))
        assert post(provider, number, "Delivery", alice.user.email) == 200
        work(alice.account.pk, HANDLE, as_role)
    else:
        with as_role("worker"), tenancy.tenant(alice.account.pk):
            Mail.objects.filter(id=mail_id).update(attempted_at=timezone.now() - timedelta(seconds=121))
    make_due(alice, as_role)
    work(alice.account.pk, DELIVER, as_role)
    assert len(provider.store.table("mails")) == 1
    with as_role("worker"), tenancy.tenant(alice.account.pk):
        assert not Mail.objects.filter(id=mail_id).exists()
        assert set(Outbox.objects.filter(task=DELIVER).values_list("state", flat=True)) == {Outbox.State.DONE}


def test_a_refusal_is_tried_again_soon(provider: ses.Ses, as_role: Role) -> None:
    alice = someone(as_role)
    queue(alice)
    provider.fail("500")
    for _ in range(2):
        work(alice.account.pk, DELIVER, as_role)
        make_due(alice, as_role)
    assert len(provider.store.table("mails")) == 1


def make_due(alice: cast.Person, as_role: Role) -> None:
    with as_role("worker"), tenancy.tenant(alice.account.pk):
        Outbox.objects.exclude(state=Outbox.State.DONE).update(
            state=Outbox.State.PENDING, due_at=timezone.now(), leased_until=None
        )


def post(provider: ses.Ses, number: str, kind: str, address: str, **changes: Any) -> int:
    headers, body = provider.notification(number, kind, address)
    return send_hook({**headers, **changes}, body)


def send_hook(headers: dict[str, str], body: bytes) -> int:
    kind = headers.get("Content-Type", "text/plain")
    sent = {name: value for name, value in headers.items() if name != "Content-Type" and value}
    return int(Client().post("/webhooks/mail/", body, content_type=kind, headers=sent).status_code)


def test_repeated_hard_bounces_stop_mail_and_every_bounce_tells_the_newsletter(
    provider: ses.Ses, as_role: Role, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[tuple[str, str]] = []
    mine: mail_events.Listener = lambda address, kind, now: heard.append((address, str(kind)))  # noqa: E731
    monkeypatch.setattr(mail_events, "listeners", [*mail_events.listeners, mine])
    alice = someone(as_role)
    queue(alice)
    work(alice.account.pk, DELIVER, as_role)
    (number,) = provider.store.table("mails")
    headers, body = provider.notification(number, "Bounce", alice.user.email)
    for _ in range(2):  # SNS may deliver the same report twice
        assert send_hook(headers, body) == 200
    work(alice.account.pk, HANDLE, as_role)
    assert heard == [(alice.user.email, "hard_bounce")]
    queue(alice)
    work(alice.account.pk, DELIVER, as_role)
    assert len(provider.store.table("mails")) == 2  # one bounce alone doesn't stop mail about the account
    assert post(provider, number, "Bounce", alice.user.email.upper()) == 200
    assert post(provider, number, "Complaint", alice.user.email) == 200
    work(alice.account.pk, HANDLE, as_role)
    assert [kind for _, kind in heard] == ["hard_bounce", "hard_bounce", "complaint"]
    stopped = queue(alice)
    work(alice.account.pk, DELIVER, as_role)
    assert len(provider.store.table("mails")) == 2
    with as_role("worker"):
        with tenancy.tenant(alice.account.pk):
            assert not Mail.objects.filter(id=stopped).exists()
        with tenancy.tenant(tenancy.PLATFORM_ACCOUNT):
            assert {event.sealed for event in MailEvent.objects.all()} == {None}  # the address is gone
        assert alice.user.email not in str([row.__dict__ for row in MailStop.objects.all()])
        assert Suppression.objects.filter(address_key=key_of(alice.user.email)).exists()  # no newsletter either
        assert mail_events.stopped(alice.user.email)
        assert not mail_events.stopped(alice.user.email, now=timezone.now() + timedelta(days=31))


def test_a_complaint_alone_stops_no_mail_about_the_account(provider: ses.Ses, as_role: Role) -> None:
    alice = someone(as_role)
    queue(alice)
    work(alice.account.pk, DELIVER, as_role)
    (number,) = provider.store.table("mails")
    for _ in range(3):
        assert post(provider, number, "Complaint", alice.user.email) == 200
    soft, body = provider.notification(number, "Bounce", alice.user.email, bounceType="Transient")
    assert send_hook(soft, body) == 200
    work(alice.account.pk, HANDLE, as_role)
    with as_role("worker"):
        assert not mail_events.stopped(alice.user.email)


def test_reports_of_others_are_refused(provider: ses.Ses, as_role: Role) -> None:
    alice = someone(as_role)
    queue(alice)
    work(alice.account.pk, DELIVER, as_role)
    (number,) = provider.store.table("mails")
    headers, body = provider.notification(number, "Bounce", alice.user.email)
    assert send_hook({**headers, "Authorization": "Basic d3Jvbmc6d3Jvbmc="}, body) == 400
    assert send_hook({**headers, "Authorization": ""}, body) == 401
    assert send_hook({**headers, "x-amz-sns-message-id": "another"}, body) == 400
    assert send_hook(headers, body.replace(b":mail-events", b":other-topic")) == 400
    with override_settings(MAIL_EVENTS_TOPIC=""):
        assert send_hook(headers, body) == 400
    with as_role("worker"), tenancy.tenant(tenancy.PLATFORM_ACCOUNT):
        assert not MailEvent.objects.exists()


def test_an_erased_address_leaves_the_providers_own_list_too(provider: ses.Ses, as_role: Role) -> None:
    clients.ses.cache_clear()
    who = Identity(uuid.uuid4(), emails=("vera+nl@voorbeeld.nl", "oud@voorbeeld.nl"))
    provider.suppress("oud@voorbeeld.nl")
    with as_role("worker"), override_settings(AWS_SES_ENDPOINT_URL=provider.url):
        system = systems()["account_mail"]
        assert system.health().ok
        (place,) = system.locate(who)
        assert system.export(place)["Reason"] == "BOUNCE"
        provider.fail("500")
        assert system.erase(place).result is Result.RETRY
        provider.fail("drop")
        assert system.verify_absent(who).presence is Presence.UNKNOWN
        assert system.erase(place).result is Result.DONE
        assert system.erase(place).result is Result.ALREADY_ABSENT
        assert system.verify_absent(who).absent
        assert {row.purpose for row in Transfer.objects.filter(person_id=who.person_id)} >= {
            "look_up",
            "erase",
            "verify",
        }
    assert not provider.store.table("suppressed")
    clients.ses.cache_clear()
    with override_settings(EMAIL_BACKEND="webanizr.local.mailbox.FileBackend"):
        assert "account_mail" not in systems()


def test_a_text_mail_shows_a_name_as_it_is_written() -> None:
    words = {"name": "Bakkerij 't Hoekje & Zn", "account": "A & B", "until": "1 december", "path": "/", "own": True}
    made = mail.build(to="alice@example.nl", template="mail/export_ready", context=words, language="nl", key="1")
    assert "Bakkerij 't Hoekje & Zn" in str(made.body)
    assert "&amp;" in str(made.alternatives[0][0])
