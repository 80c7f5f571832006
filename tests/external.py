"""The external systems in tests: each connector at its fake, with the settings that lead there."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.test import override_settings

from newsletters.connectors import platform
from newsletters.connectors.base import Contact, Identity
from privacy.connectors.matomo import Hit, Matomo, pseudonyms
from tests.fakes import brevo, environment, listmonk, mailchimp, matomo
from tests.fakes.server import Fake
from webanizr.core.models import Transfer

FAKES: dict[str, type[Fake]] = {
    "brevo": brevo.Brevo,
    "listmonk": listmonk.Listmonk,
    "mailchimp": mailchimp.Mailchimp,
    "matomo": matomo.Matomo,
}
MAILING = ("brevo", "listmonk", "mailchimp")
KEYS = {"brevo": brevo.KEY, "listmonk": listmonk.KEY, "mailchimp": mailchimp.KEY}
FAST = dict.fromkeys(FAKES, 100_000.0)


def settings_for(fake: Fake) -> dict[str, Any]:
    """Return the settings that make `fake` the configured system of its kind."""
    return dict(environment(fake.name, fake.origin))


@contextmanager
def configured(fake: Fake, **more: Any) -> Iterator[None]:
    """Use `fake`, as fast as it can (PROCESSOR_RATES) unless `more` says otherwise."""
    with override_settings(**{"PROCESSOR_RATES": FAST, **settings_for(fake), **more}):
        yield


def emptied(fake: Fake) -> Iterator[Fake]:
    """Yield `fake`, configured and with nothing in it, for a fixture."""
    fake.reset()
    with configured(fake):
        yield fake


def contact(**changes: Any) -> Contact:
    """Return a subscriber that nobody knows yet."""
    number = uuid.uuid4()
    values: dict[str, Any] = {
        "id": number,
        "person_id": number,
        "email": f"vera.{number.hex[:8]}+nl@voorbeeld.nl",
        "name": "Vera Visser",
        "language": "nl",
        "topics": ("product", "tips"),
    }
    return Contact(**{**values, **changes})


@dataclass
class Subject:
    """Somebody an external system knows: how to put data there, and how the connector identifies them."""

    system: Any
    identity: Identity
    put: Callable[[], Any]


def subject(name: str) -> Subject:
    """Return somebody for the system `name`, not there yet."""
    if name == "matomo":
        from django.utils import timezone

        person_id = uuid.uuid4()
        connector = Matomo()
        hit = Hit(person_id, "203.0.113.9", "/inbox/", timezone.now())
        return Subject(connector, Identity(person_id), lambda: connector.track([hit]))
    someone = contact()
    mailing = platform()
    return Subject(mailing, someone.identity, lambda: mailing.upsert(someone))


def there(fake: Fake, identity: Identity) -> bool:
    """Ask the fake itself, behind the connector's back."""
    if fake.name == "matomo":
        return bool(fake.act("visits", {"uid": pseudonyms(identity.person_id)[0]}))
    found = fake.act("read", {"email": identity.emails[0]})
    return bool(found) and found.get("status") != "archived"


def transfers(person_id: uuid.UUID) -> list[Transfer]:
    """Return what was recorded about somebody, oldest first."""
    return list(Transfer.objects.filter(person_id=person_id).order_by("at"))
