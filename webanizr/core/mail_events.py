"""What the mail provider reports: delivered, bounced for good, or complained about (Amazon SES, by SNS and Anymail).

Serves promise 02: mail about the account goes on whatever somebody thinks of a newsletter; it stops for an address that
bounces for good again and again (for a month, then one is tried). Newsletters are a stream of their own and stop at the
first bounce or complaint: `newsletters` registers a listener for that. Reports come in at the app service and are
handled by the worker.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from anymail.exceptions import AnymailWebhookValidationFailure
from anymail.signals import EventType, tracking
from anymail.webhooks.amazon_ses import AmazonSESTrackingWebhookView
from celery import shared_task
from django.conf import settings
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from webanizr.core import outbox, tenancy, vault
from webanizr.core.models import Mail, MailEvent, MailStop
from webanizr.core.tasks import TenantTask

log = logging.getLogger(__name__)

STOP_AFTER = 2  # hard bounces
PAUSE = timedelta(days=30)
PURPOSE = "mail-event"

# Called in the worker with keyword arguments address, kind (of MailEvent.Kind) and now, inside the event's transaction.
Listener = Callable[..., None]
listeners: list[Listener] = []


def address_hash(address: str) -> bytes:
    """Return the keyed hash (32 bytes) under which an address that bounces is remembered."""
    key = hmac.new(settings.ADDRESS_KEY.encode(), b"webanizr.mail-stop", hashlib.sha256).digest()
    return hmac.new(key, address.strip().lower().encode(), hashlib.sha256).digest()


def stopped(address: str, *, now: datetime | None = None) -> bool:
    """Return whether no mail goes to the address.

    After PAUSE one is tried again: a mailbox that was gone for a while must not lock its owner out for ever.
    """
    found = MailStop.objects.filter(address_hash=address_hash(address), stopped=True)
    return found.filter(last_at__gt=(now or timezone.now()) - PAUSE).exists()


class Webhook(AmazonSESTrackingWebhookView):  # type: ignore[misc]  # anymail has no types
    """Takes SNS notifications: the secret in the address (basic auth) and the topic must be ours."""

    def validate_request(self, request: HttpRequest) -> None:
        """Refuse what another topic sends, even when it knows the secret."""
        super().validate_request(request)
        topic = self._parse_sns_message(request).get("TopicArn")
        if not self.basic_auth or not settings.MAIL_EVENTS_TOPIC or topic != settings.MAIL_EVENTS_TOPIC:
            raise AnymailWebhookValidationFailure("not our topic")


@receiver(tracking)
def note(sender: Any, event: Any, esp_name: str, **_: Any) -> None:
    """Store one report, once, and let the worker handle it."""
    kind = kind_of(event)
    if kind is None:
        return
    metadata = event.metadata if isinstance(event.metadata, dict) else {}
    content = {
        "address": event.recipient or "",
        "mail": metadata.get("mail", ""),
        "account": metadata.get("account", ""),
    }
    number = hashlib.sha256(f"{event.event_id}|{kind}|{content['address'].lower()}".encode()).hexdigest()
    with tenancy.context(account_id=tenancy.PLATFORM_ACCOUNT, user_id=None):
        row = MailEvent(event_key=number, kind=kind, sealed=vault.seal_note(content, purpose=PURPOSE))
        row.account_id = tenancy.PLATFORM_ACCOUNT
        if MailEvent.objects.filter(event_key=number).exists():
            return
        MailEvent.objects.bulk_create([row], ignore_conflicts=True)
        outbox.add("webanizr.core.mail_events.handle", event_key=number)


def kind_of(event: Any) -> MailEvent.Kind | None:
    """Return what a report means for us; soft bounces and the like mean nothing."""
    if event.event_type == EventType.DELIVERED:
        return MailEvent.Kind.DELIVERED
    if event.event_type == EventType.BOUNCED and str(event.description or "").startswith("Permanent"):
        return MailEvent.Kind.HARD_BOUNCE
    if event.event_type == EventType.COMPLAINED:
        return MailEvent.Kind.COMPLAINT
    if event.event_type in (EventType.OPENED, EventType.CLICKED):
        log.error("the mail provider follows opens or clicks: switch that off in its configuration set")
    return None


@shared_task(base=TenantTask, name="webanizr.core.mail_events.handle")
def handle(*, event_key: str, now: datetime | None = None) -> None:
    """Act on one report, in the platform's account, and forget the address."""
    event = MailEvent.objects.select_for_update().filter(event_key=event_key, sealed__isnull=False).first()
    if event is None or event.sealed is None:
        return
    content = vault.unseal_note(event.sealed, purpose=PURPOSE)
    moment = now or timezone.now()
    if content["mail"] and content["account"]:
        arrived(uuid.UUID(content["account"]), uuid.UUID(content["mail"]))
    if event.kind == MailEvent.Kind.HARD_BOUNCE:
        count_bounce(content["address"], now=moment)
    if event.kind != MailEvent.Kind.DELIVERED:
        for listener in listeners:
            listener(address=content["address"], kind=event.kind, now=moment)
    event.sealed = None
    event.save(update_fields=["sealed"])


def arrived(account_id: uuid.UUID, mail_id: uuid.UUID) -> None:
    """The provider has the mail: there is no second attempt."""
    before = tenancy.current_user_id()
    with tenancy.context(account_id=account_id, user_id=before):
        Mail.objects.filter(id=mail_id).delete()


def count_bounce(address: str, *, now: datetime) -> None:
    """Count a hard bounce; after STOP_AFTER of them nothing goes there any more."""
    row, _made = MailStop.objects.select_for_update().get_or_create(address_hash=address_hash(address))
    row.hard_bounces += 1
    row.stopped = row.hard_bounces >= STOP_AFTER
    row.last_at = now
    row.save()
