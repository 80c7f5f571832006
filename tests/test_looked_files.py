"""Visitors' files and the pages of a list inside a look-in: one file, one line of the log, then it shows."""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.test import Client
from PIL import Image

from privacy.models import AccessLog, Event
from privacy.selectors import log
from privacy.services import grants
from sites.hosting import challenge
from sites.hosting.versions import versions
from sites.models import Domain, Form, Submission, Upload
from sites.services import publish
from tests import cast, consent
from tests.consent import COUNT, World, asker, opened, staff_settings, viewed
from tests.staff import Desk
from tests.visitors import Visitor
from webanizr.core import storage

pytestmark = pytest.mark.django_db(transaction=True)

AsRole = Callable[[str], AbstractContextManager[Any]]
PDF = b"%PDF-1.7 " + bytes(range(256))
RULES = {"personal": "ordinary", "purpose": "Om je te helpen", "legal_basis": "contract", "retention_days": 30}
FIELDS = [{"type": "file", "id": "papers", "label": "Stukken", "most": 3, **RULES}]
FILES = "SELECT count(*) FROM sites_upload"


def photo() -> bytes:
    """A picture that knows where it was made."""
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "Hoekweg 12"
    Image.new("RGB", (40, 30), "orange").save(out, "JPEG", exif=exif)
    return out.getvalue()


@pytest.fixture
def world(as_role: AsRole, monkeypatch: pytest.MonkeyPatch) -> World:
    """Alice's world, where the first form's newest submission brought a picture, a document and a table."""
    made = consent.build(as_role)
    with made.as_alice():
        Form.objects.filter(id=made.form.id).update(fields=FIELDS)
        publish.publish_site(site=made.site, actor=made.alice.user)
        host = Domain.objects.get(site_id=made.site.id).host
    storage.ensure_bucket()
    monkeypatch.setattr(challenge, "LEAST_SECONDS", 0)
    versions._pointers.clear()
    vera = Visitor(f"{host}:8001", str(made.form.id), as_role)
    parts = [("papers", "schade.jpg", photo()), ("papers", "offerte.pdf", PDF), ("papers", "lijst.csv", b"a;b\n")]
    assert vera.send([*parts, *((name, value, None) for name, value in vera.solved().items())])[0] == 303
    return made


def sent(world: World) -> tuple[uuid.UUID, dict[str, uuid.UUID]]:
    """Return the newest submission and its files by suffix."""
    with world.as_alice():
        newest = Submission.objects.filter(form_id=world.form.id).order_by("-received_at")[0]
        page = world.alice.client.get(f"/inbox/{newest.id}/").content.decode()
        files = {}
        for each in Upload.objects.filter(submission_id=newest.id):
            answer = world.alice.client.get(f"/inbox/{newest.id}/files/{each.id}/")
            files[answer.headers["Content-Disposition"].rpartition(".")[2].strip('"')] = each.id
    assert "offerte.pdf" in page
    return newest.id, files


def events(world: World) -> list[tuple[str, int | None]]:
    with world.as_alice():
        return list(AccessLog.objects.order_by("seq").values_list("event", "number"))


def test_a_file_shows_once_its_own_look_is_in_the_log(world: World, desk: Desk, as_role: AsRole) -> None:
    submission, files = sent(world)
    session = opened(world, world.grant(), as_role)
    here = f"/look/{session.id}/submissions/{submission}/files/{files['jpg']}/"
    with desk(world.sam) as browser:
        assert browser.post(f"{here}open/").status_code == 302  # the submission itself wasn't looked at yet
        assert browser.get(f"{here}shown/").status_code == 404
    assert (Event.FILE_VIEWED, 1) not in events(world)
    viewed(world, session, [submission], as_role)
    with desk(world.sam) as browser:
        record = browser.get(f"/look/{session.id}/submissions/{submission}/").content.decode()
        assert record.count("/open/") >= 2
        assert browser.get(f"{here}shown/").status_code == 404  # not ordered: no line, no picture
        assert browser.post(f"{here}open/").headers["Location"] == here
        page = browser.get(here)
        assert "schade.jpg" in page.content.decode()
        picture = browser.get(f"{here}shown/")
        assert picture.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert (picture.headers["Cache-Control"], picture.headers["X-Content-Type-Options"]) == ("no-store", "nosniff")
        assert Image.open(io.BytesIO(picture.content)).size == (40, 30)
        assert b"Hoekweg" not in picture.content
        other = here.replace(str(files["jpg"]), str(files["pdf"]))
        assert browser.get(f"{other}shown/").status_code == 404  # each file asks for a line of its own
        browser.post(f"{other}open/")
        document = browser.get(f"{other}shown/")
        assert (document.content, document.headers["Content-Type"]) == (PDF, "application/pdf")
        table = here.replace(str(files["jpg"]), str(files["csv"]))
        browser.post(f"{table}open/")
        assert browser.get(f"{table}shown/").status_code == 404  # only exporting hands such a file out
        browser.post(f"{here}open/")
    opened_files = [number for event, number in events(world) if event == Event.FILE_VIEWED]
    assert len(opened_files) == len(set(opened_files)) == 3
    with world.as_alice():
        assert log.verify().whole
        assert "opened file" in world.alice.client.get("/consent/").content.decode()
        grants.revoke_grant(grant=session.grant, actor=world.alice.user)
    with desk(world.sam) as browser:
        assert browser.get(here).status_code == 410
        assert browser.get(f"{here}shown/").status_code == 410


def test_nobody_else_and_nothing_else_sees_the_row(world: World, as_role: AsRole) -> None:
    submission, files = sent(world)
    narrow = world.scope(world.submissions[0])
    session = opened(world, world.grant(), as_role)
    elsewhere = opened(world, world.grant(scope=narrow), as_role)
    viewed(world, session, [submission], as_role)
    order = f"SELECT record_file_view('{submission}', '{files['pdf']}')"
    with asker("staff", **staff_settings(world, world.sam, session)) as sam:
        assert sam.one(FILES) == 0
        assert sam.run(order, FILES)[0][0] == 0  # in the transaction that wrote the line nothing shows
        assert (sam.one(FILES), sam.one(COUNT)) == (1, 1)
    for person, found in ((world.sofie, session), (world.sam, elsewhere)):
        with asker("staff", **staff_settings(world, person, found)) as stranger:
            assert stranger.one(FILES) == 0
            with pytest.raises(Exception, match="no valid consent"):
                stranger.run(order)
    with (
        asker("staff", **staff_settings(world, world.sam, session)) as sam,
        pytest.raises(Exception, match="no valid consent"),
    ):
        sam.run(f"SELECT record_file_view('{submission}', '{uuid.uuid4()}')")


def test_the_list_has_pages_and_every_one_is_reached(
    world: World, desk: Desk, as_role: AsRole, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sites.support.views.SHOWN", 2)
    for number in range(3):
        cast.send(as_role, world.site, world.form, message=f"later {number}")
    session = opened(world, world.grant(), as_role)
    with world.as_alice():
        wanted = list(
            Submission.objects.filter(form_id=world.form.id)
            .order_by("-received_at", "-id")
            .values_list("id", flat=True)
        )
    with desk(world.sam) as browser:
        address, seen = f"/look/{session.id}/", []
        while address:
            page = browser.get(address)
            seen += [row.id for row in page.context["rows"]]
            older = page.context["older"]
            address = f"/look/{session.id}/?after={older}" if older else ""
        assert seen == wanted
        assert browser.get(f"/look/{session.id}/?after=made-up").status_code == 404
        assert (Event.VIEWED, None) not in events(world)
        walk(browser, session.id, wanted)


def walk(browser: Client, session_id: uuid.UUID, wanted: list[uuid.UUID]) -> None:
    """Go from one submission to the next older one, to the last."""
    for place, each in enumerate(wanted, 1):
        browser.post(f"/look/{session_id}/submissions/{each}/open/")
        here = browser.get(f"/look/{session_id}/submissions/{each}/").context["place"]
        assert (here.place, here.total, here.seen) == (place, len(wanted), place)
        assert here.older == (wanted[place] if place < len(wanted) else None)
        assert here.newer == (wanted[place - 2] if place > 1 else None)
