"""A subscriber takes everything along: asked by a mailed link, made by the exporter, fetched for a week."""

from __future__ import annotations

import io
import json
import uuid
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.test import Client

from newsletters.models import Contact
from newsletters.services import package, sync
from newsletters.tokens import Purpose, make
from privacy.erasure import engine, ledger
from privacy.models import ErasureRequest
from tests import external
from tests.erasure_world import Clock
from tests.fakes.brevo import Brevo
from tests.fakes.server import Fake, running
from tests.newsletters.conftest import Letters
from tests.newsletters.engine import erase, subscribed
from webanizr.core import storage, tenancy
from webanizr.core.models import Job, Outbox

pytestmark = pytest.mark.django_db(transaction=True)
AsRole = Callable[[str], AbstractContextManager[Any]]


@pytest.fixture
def brevo(worker: None) -> Iterator[Fake]:
    storage.delete(*storage.keys(ledger.PREFIX))
    with running(Brevo) as fake, external.configured(fake):
        yield fake


def asked(letters: Letters, address: str) -> tuple[Client, str]:
    """Ask in the preference centre, open the mailed link, press the button; return the browser and the page."""
    visitor = Client()
    visitor.post(letters.link("welcome", address), {"action": "download"})
    page = letters.link("download", address)
    assert visitor.get(page).status_code == 200
    answer = visitor.post(page)
    assert answer.status_code == 302
    return visitor, answer.headers["Location"]


def the_job(contact_id: uuid.UUID) -> Job:
    with tenancy.tenant(tenancy.PLATFORM_ACCOUNT):
        return Job.objects.get(kind=package.KIND, created_by=contact_id)


def write(as_role: AsRole, brevo: Fake, contact_id: uuid.UUID) -> None:
    job = the_job(contact_id)
    with as_role("exporter"), external.configured(brevo):
        package.run(job.id)
        package.run(job.id)  # a message that comes twice
    with as_role("worker"), tenancy.tenant(tenancy.PLATFORM_ACCOUNT):
        queued = Outbox.objects.filter(task=package.READY)
        assert [each.args for each in queued] == [{"job_id": str(job.id)}]
        package.tell_ready(job.id)


def test_a_subscriber_gets_all_of_it_readable_and_as_data_with_the_platforms_copy(
    brevo: Fake, letters: Letters, address: str, as_role: AsRole
) -> None:
    contact_id = subscribed(letters, address)
    somebody_else = subscribed(letters, f"piet-{address}")
    sync.push(contact_id)
    with as_role("app"):
        visitor, page = asked(letters, address)
        waiting = visitor.get(page).content.decode()
        assert 'role="progressbar"' in waiting or "<progress" in waiting
        assert visitor.get(f"{page}webanizr-nieuwsbrief.zip").status_code == 404  # it isn't there yet
        visitor.post(letters.link("download", address))  # pressing twice makes one
    write(as_role, brevo, contact_id)
    assert letters.link("ready", address) != ""
    with as_role("app"):
        ready = visitor.get(letters.link("ready", address)).content.decode()
        assert "webanizr-nieuwsbrief.zip" in ready
        answer = visitor.get(f"{page}webanizr-nieuwsbrief.zip")
    assert answer.headers["Content-Type"] == "application/zip"
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    account = json.loads(archive.read("account.json"))
    assert [each["address"] for each in account["newsletters.Contact"]] == [address]
    assert {each["action"] for each in account["newsletters.Consent"]} == {"requested", "confirmed"}
    assert {each["processor"] for each in account["core.Transfer"]} == {"brevo"}
    assert address in archive.read("account/newsletters.Contact.csv").decode()
    assert address in archive.read("systems-outside.json").decode()
    read = archive.read("index.html").decode()
    for words in (address, "bevestigd", "<h3>Brevo</h3>"):
        assert words in read
    whole = b"".join(archive.read(name) for name in archive.namelist())
    assert f"piet-{address}".encode() not in whole
    assert str(somebody_else).encode() not in whole
    assert address.encode() not in b"".join(storage.get(key) for key in storage.keys("exports/"))  # sealed


def test_a_platform_that_is_away_is_said_and_the_rest_comes(
    brevo: Fake, letters: Letters, address: str, as_role: AsRole
) -> None:
    contact_id = subscribed(letters, address)
    with as_role("app"):
        visitor, page = asked(letters, address)
    brevo.stop()
    write(as_role, brevo, contact_id)
    with as_role("app"):
        archive = zipfile.ZipFile(io.BytesIO(visitor.get(f"{page}webanizr-nieuwsbrief.zip").content))
    outside = json.loads(archive.read("systems-outside.json"))
    assert outside["mailing"]["not_available"]
    assert "gaf geen antwoord" in archive.read("index.html").decode()
    assert address in archive.read("account.json").decode()


def test_only_its_own_link_opens_it_and_erasing_takes_it_away(
    brevo: Fake, letters: Letters, address: str, as_role: AsRole
) -> None:
    contact_id = subscribed(letters, address)
    other = subscribed(letters, f"piet-{address}")
    with as_role("app"):
        visitor, page = asked(letters, address)
    write(as_role, brevo, contact_id)
    with as_role("app"):
        for token in (make(Purpose.PREFERENCES, contact_id), make(Purpose.DOWNLOAD, contact_id), "nonsense"):
            assert visitor.get(f"/nieuwsbrief/pakket/{token}/").status_code == 404
        assert visitor.get(f"/nieuwsbrief/pakket/{make(Purpose.PACKAGE, other)}/").status_code == 404
        assert visitor.get(page).status_code == 200
    assert list(storage.keys(f"exports/{contact_id}/"))
    erase(contact_id)
    with as_role("app"):
        assert visitor.get(page).status_code == 404
    with as_role("eraser"), external.configured(brevo):
        engine.advance(clock=Clock())
        assert ErasureRequest.objects.get().steps.filter(target="core.Job").exists()
    assert list(storage.keys(f"exports/{contact_id}/")) == []
    with tenancy.tenant(tenancy.PLATFORM_ACCOUNT):
        assert not Job.objects.filter(created_by=contact_id).exists()
    assert not Contact.objects.filter(id=contact_id).exists()
