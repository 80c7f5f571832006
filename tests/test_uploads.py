"""Files that visitors send: sealed on the way in, kept through mistakes, opened by the customer alone, gone in time."""

from __future__ import annotations

import io
import json
import re
import uuid
import zipfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from celery import current_app
from django.utils import timezone
from PIL import Image

from billing.selectors import limits_of
from sites.fields import kept
from sites.fields.filekinds import TYPES
from sites.hosting import challenge
from sites.hosting.versions import versions
from sites.models import Domain, Form, Site, Submission, Upload
from sites.selectors.search import Filter
from sites.services import assets, export_all, publish, uploads
from tests import cast
from tests.visitors import Visitor
from webanizr.core import outbox, storage, tenancy
from webanizr.core.models import Outbox

pytestmark = pytest.mark.django_db(transaction=True)

AsRole = Callable[[str], AbstractContextManager[Any]]
PDF = b"%PDF-1.7 het geheime recept is kaneel " + bytes(range(256)) * 600
RULES = {"personal": "ordinary", "purpose": "Om je te helpen", "legal_basis": "contract", "retention_days": 30}
FIELDS = [
    {"type": "short_text", "id": "name", "label": "Naam", "required": True, **RULES},
    {"type": "file", "id": "papers", "label": "Stukken", "most": 2, **RULES},
    {"type": "file", "id": "photo", "label": "Foto", "accept": "images", "most": 1, **RULES},
]


@pytest.fixture
def alice() -> cast.Person:
    return cast.owner("Alice")


@pytest.fixture
def vera(alice: cast.Person, as_role: AsRole, monkeypatch: pytest.MonkeyPatch) -> Visitor:
    """Somebody at Alice's site, whose form asks for files."""
    site, _page, form = cast.site_of(alice)
    with tenancy.tenant(alice.account.pk, user_id=alice.user.pk):
        Form.objects.filter(id=form.id).update(fields=FIELDS)
        publish.publish_site(site=site, actor=alice.user)
        host = Domain.objects.get(site_id=site.id).host
    storage.ensure_bucket()
    monkeypatch.setattr(challenge, "LEAST_SECONDS", 0)
    versions._pointers.clear()
    return Visitor(f"{host}:8001", str(form.id), as_role)


def with_challenge(vera: Visitor, *parts: tuple[str, str, bytes | None]) -> list[tuple[str, str, bytes | None]]:
    return [*parts, *((name, value, None) for name, value in vera.solved().items())]


def rows(alice: cast.Person) -> tuple[list[Submission], list[Upload]]:
    with tenancy.tenant(alice.account.pk):
        return list(Submission.objects.all()), list(Upload.objects.all())


def stored(alice: cast.Person) -> list[str]:
    return list(storage.keys(f"uploads/{alice.account.pk}/"))


def address(alice: cast.Person) -> str:
    [message], [upload] = rows(alice)
    return f"/inbox/{message.id}/files/{upload.id}/"


def work(as_role: AsRole) -> None:
    current_app.loader.import_default_modules()
    with as_role("worker"):
        while waiting := outbox.claim(per_account=100, total=100):
            for row in waiting:
                current_app.tasks[row.task](outbox_id=str(row.id), account_id=str(row.account_id))


def test_a_file_arrives_sealed_and_its_owner_opens_it(vera: Visitor, alice: cast.Person) -> None:
    assert 'enctype="multipart/form-data"' in vera.ask(f"/_f/{vera.form}")[2]
    status, headers, text = vera.send(
        with_challenge(vera, ("name", "Vera", None), ("papers", "c:\\map\\recept.pdf", PDF))
    )
    assert (status, "/bedankt" in headers.get("location", "")) == (303, True), text
    [key] = stored(alice)
    sealed = storage.get(key)
    assert b"kaneel" not in sealed
    assert b"PDF" not in sealed
    page = alice.client.get(f"/inbox/{rows(alice)[0][0].id}/").content.decode()
    assert "recept.pdf (" in page
    answer = alice.client.get(address(alice))
    assert answer.content == PDF
    assert answer.headers["Content-Disposition"] == 'attachment; filename="recept.pdf"'
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    for name in ("Charlie", "Carla"):
        assert cast.owner(name).client.get(address(alice)).status_code == 404
    api = alice.client.get(f"/api/v1/submissions/{rows(alice)[0][0].id}/").json()
    [sent] = next(each["files"] for each in api["answers"] if each["id"] == "papers")
    assert (sent["name"], sent["size"]) == ("recept.pdf", len(PDF))
    assert alice.client.get(f"/api/v1/submissions/{api['id']}/files/{sent['id']}/").content == PDF


def test_a_mistake_elsewhere_does_not_lose_the_file(vera: Visitor, alice: cast.Person) -> None:
    status, _headers, text = vera.send(with_challenge(vera, ("name", "", None), ("papers", "recept.pdf", PDF)))
    assert status == 422
    note = unescape(re.search(r'name="papers" value="([^"]+)" checked', text)[1])  # type: ignore[index]  # found
    assert "recept.pdf" in text
    again = vera.send(with_challenge(vera, ("name", "Vera", None), ("papers", note, None), ("papers", "", b"")))
    assert again[0] == 303, again[2]
    assert alice.client.get(address(alice)).content == PDF


def test_without_script_the_file_waits_for_the_click(vera: Visitor, alice: cast.Person) -> None:
    status, _headers, text = vera.send([("name", "Vera", None), ("papers", "recept.pdf", PDF)])
    assert status == 200
    again = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', text))
    assert vera.post({name: unescape(value) for name, value in again.items()})[0] == 303
    assert alice.client.get(address(alice)).content == PDF


def bomb() -> bytes:
    out = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize(
    ("field", "name", "data", "words"),
    [
        ("papers", "virus.exe", b"MZ" + bytes(200), "soorten bestanden"),
        ("papers", "page.pdf", b"<html><script>alert(1)</script>", "soorten bestanden"),
        ("papers", "page.txt", b"<html><script>alert(1)</script>", "soorten bestanden"),
        ("photo", "recept.pdf", PDF, "soorten bestanden"),
        ("photo", "bomb.png", bomb(), "te veel pixels"),
        ("papers", "groot.pdf", PDF[:5] + bytes(8 * 1024 * 1024), "te groot"),
        ("papers", "leeg.pdf", b"", "leeg"),
        ("papers", "\u202egnp.exe", b"MZ", "soorten bestanden"),
    ],
)
def test_what_is_not_taken_says_why_and_is_not_kept(
    vera: Visitor, alice: cast.Person, field: str, name: str, data: bytes, words: str
) -> None:
    status, _headers, text = vera.send(with_challenge(vera, ("name", "Vera V.", None), (field, name, data)))
    assert status == 422
    assert words in text
    assert "Vera V." in text
    assert stored(alice) == []
    assert rows(alice) == ([], [])


def test_a_hostile_envelope_is_refused(vera: Visitor, alice: cast.Person) -> None:
    for kind in ("boundary*=bogus''x", "boundary=" + "x" * 200, ""):
        status, _headers, _text = vera.send(
            [("papers", "recept.pdf", PDF)], CONTENT_TYPE=f"multipart/form-data; {kind}"
        )
        assert status in (400, 422)
    assert stored(alice) == []


def test_ordinary_texts_are_taken(vera: Visitor, alice: cast.Person) -> None:
    texts = [("a.txt", "café a".encode()), ("b.csv", "naam;café\r\n".encode("cp1252"))]
    parts = [("papers", name, data) for name, data in texts]
    assert vera.send(with_challenge(vera, ("name", "Vera", None), *parts))[0] == 303
    assert len(rows(alice)[1]) == 2


def test_another_file_takes_the_place_of_the_first(vera: Visitor, alice: cast.Person) -> None:
    small = io.BytesIO()
    Image.new("RGB", (9, 9)).save(small, "PNG")
    photo = ("photo", "een.png", small.getvalue())
    _status, _headers, text = vera.send(with_challenge(vera, ("name", "", None), photo))
    note = unescape(re.search(r'name="photo" value="([^"]+)" checked', text)[1])  # type: ignore[index]  # found
    again = ("photo", "twee.png", small.getvalue())
    assert vera.send(with_challenge(vera, ("name", "Vera", None), ("photo", note, None), again))[0] == 303
    assert "twee.png" in alice.client.get(f"/inbox/{rows(alice)[0][0].id}/").content.decode()
    assert len(rows(alice)[1]) == 1


def test_a_note_of_another_form_or_a_made_up_one_is_worth_nothing(vera: Visitor, alice: cast.Person) -> None:
    other = kept.Kept(uuid.uuid4(), uuid.uuid4(), str(uuid.uuid4()), "a.pdf", 1, "pdf")
    vera.send(with_challenge(vera, ("name", "Vera", None), ("papers", kept.note(other), None)))
    assert rows(alice)[1] == []
    with tenancy.tenant(alice.account.pk):
        assert Submission.objects.count() == 1
    for note in ("x", "e30=.00", "é" * 40):
        status, _headers, text = vera.send(with_challenge(vera, ("name", "Vera", None), ("papers", note, None)))
        assert (status, "opnieuw" in text) == (422, True)
    assert len(rows(alice)[0]) == 1


def test_a_file_goes_along_once(vera: Visitor, alice: cast.Person) -> None:
    _status, _headers, text = vera.send(with_challenge(vera, ("name", "", None), ("papers", "recept.pdf", PDF)))
    note = unescape(re.search(r'name="papers" value="([^"]+)" checked', text)[1])  # type: ignore[index]  # found
    assert vera.send(with_challenge(vera, ("name", "Vera", None), ("papers", note, None)))[0] == 303
    status, _headers, text = vera.send(with_challenge(vera, ("name", "Vera twee", None), ("papers", note, None)))
    assert (status, "Vera twee" in text, "eerder bericht" in text) == (422, True, True)
    assert len(rows(alice)[0]) == 1


def test_the_file_goes_with_the_message(vera: Visitor, alice: cast.Person, as_role: AsRole) -> None:
    vera.send(with_challenge(vera, ("name", "Vera", None), ("papers", "recept.pdf", PDF)))
    work(as_role)
    assert len(stored(alice)) == 1
    with as_role("worker"), tenancy.tenant(alice.account.pk):
        Submission.objects.all().delete()
    assert rows(alice) == ([], [])
    work(as_role)
    assert stored(alice) == []


def test_a_batch_of_messages_makes_one_task_for_their_files(vera: Visitor, alice: cast.Person, as_role: AsRole) -> None:
    for name in ("een.pdf", "twee.pdf", "drie.pdf"):
        vera.send(with_challenge(vera, ("name", "Vera", None), ("papers", name, PDF)))
    work(as_role)
    with tenancy.tenant(alice.account.pk, user_id=alice.user.pk):
        files = {str(each) for each in Upload.objects.values_list("id", flat=True)}
        Submission.objects.all().delete()
        queued = list(Outbox.objects.filter(task="sites.tasks.discard_files", state="pending"))
    assert [set(row.args["file_ids"]) for row in queued] == [files]
    assert len(stored(alice)) == 3
    work(as_role)
    assert stored(alice) == []


def test_what_was_never_sent_is_swept_up(vera: Visitor, alice: cast.Person, as_role: AsRole) -> None:
    vera.send(with_challenge(vera, ("name", "", None), ("papers", "weg.pdf", PDF)))
    vera.send(with_challenge(vera, ("name", "Vera", None), ("papers", "blijft.pdf", PDF)))
    with as_role("worker"):
        uploads.sweep_pending(now=timezone.now())
        assert len(stored(alice)) == 2
        assert uploads.sweep_pending(now=timezone.now() + timedelta(hours=8)) >= 1
        assert uploads.sweep_pending(now=timezone.now() + timedelta(hours=8)) == 0
        assert len(stored(alice)) == 1
    assert alice.client.get(address(alice)).content == PDF


def test_the_plan_says_how_much(vera: Visitor, alice: cast.Person, as_role: AsRole) -> None:
    with as_role("worker"), tenancy.tenant(alice.account.pk):
        Domain.objects.update(upload_bytes=0)
    versions._pointers.clear()
    status, _headers, text = vera.send(with_challenge(vera, ("name", "Vera", None), ("papers", "recept.pdf", PDF)))
    assert (status, "geen bestanden aannemen" in text) == (422, True)
    assert vera.send(with_challenge(vera, ("name", "Vera", None)))[0] == 303
    with as_role("worker"), tenancy.tenant(alice.account.pk):
        uploads.follow_limits()
        assert Domain.objects.get().upload_bytes == 5 * 1024 * 1024


def test_a_damaged_or_moved_file_is_not_shown_in_part(vera: Visitor, alice: cast.Person) -> None:
    vera.send(with_challenge(vera, ("name", "Vera", None), ("papers", "recept.pdf", PDF)))
    [key] = stored(alice)
    storage.put(key, storage.get(key)[:-20])
    answer = alice.client.get(address(alice))
    assert answer.status_code == 302
    assert "can’t" in alice.client.get(answer.headers["Location"]).content.decode().replace("can&#x27;t", "can’t")


def test_the_file_is_in_the_export_of_everything(vera: Visitor, alice: cast.Person, as_role: AsRole) -> None:
    vera.send(with_challenge(vera, ("name", "Vera", None), ("papers", "recept.pdf", PDF)))
    with as_role("exporter"):
        pieces = export_all.write(alice.account.pk, Filter(), lambda done: None, user_id=alice.user.pk)
        archive = zipfile.ZipFile(io.BytesIO(b"".join(pieces)))
    [name] = [name for name in archive.namelist() if name.startswith("files/")]
    assert name.endswith("-recept.pdf")
    assert archive.read(name) == PDF
    [message] = json.loads(archive.read("messages.json"))
    assert message["files"] == [name]


def test_nobody_but_the_account_sees_the_row(vera: Visitor, alice: cast.Person, role_connection: Any) -> None:
    vera.send(with_challenge(vera, ("name", "Vera", None), ("papers", "recept.pdf", PDF)))
    [_message], [upload] = rows(alice)
    asked = "SELECT count(*) FROM sites_upload WHERE id = %s"
    connection = role_connection("hosting")
    with connection.cursor() as cursor, pytest.raises(Exception, match="permission denied"):
        cursor.execute(asked, [str(upload.id)])
    connection.rollback()
    connection = role_connection("staff")
    with connection.cursor() as cursor:
        cursor.execute(asked, [str(upload.id)])
        assert cursor.fetchone() == (0,)
    connection.rollback()
    assert uuid.UUID(stored(alice)[0].rpartition("/")[2]) == upload.id


def notes(text: str, field: str) -> list[str]:
    return [unescape(each) for each in re.findall(rf'name="{field}" value="([^"]+)" checked', text)]


def test_only_the_used_file_is_asked_for_again(vera: Visitor, alice: cast.Person) -> None:
    small = io.BytesIO()
    Image.new("RGB", (9, 9)).save(small, "PNG")
    photo = ("photo", "vers.png", small.getvalue())
    text = vera.send(with_challenge(vera, ("name", "", None), ("papers", "oud.pdf", PDF)))[2]
    [old] = notes(text, "papers")
    assert vera.send(with_challenge(vera, ("name", "Vera", None), ("papers", old, None)))[0] == 303
    again = [("name", "Vera", None), ("papers", old, None), ("papers", "nieuw.pdf", PDF), photo]
    status, _headers, text = vera.send(with_challenge(vera, *again))
    assert (status, "eerder bericht" in text) == (422, True)
    assert "oud.pdf" not in text
    [fresh], [picture] = notes(text, "papers"), notes(text, "photo")
    parts = [("name", "Vera", None), ("papers", fresh, None), ("photo", picture, None)]
    assert vera.send(with_challenge(vera, *parts))[0] == 303
    assert len(rows(alice)[1]) == 3


def test_a_network_stores_so_many_bytes_and_loses_no_words(
    vera: Visitor, alice: cast.Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sites.hosting.uploads.PER_NETWORK", int(len(PDF) * 1.5))
    assert vera.send([("name", "", None), ("papers", "een.pdf", PDF)])[0] == 422
    status, _headers, text = vera.send([("name", "Vera V.", None), ("papers", "twee.pdf", PDF)])
    assert (status, "Vera V." in text, "opnieuw" in text) == (422, True, True)
    assert len(stored(alice)) == 1
    elsewhere = vera.send([("name", "", None), ("papers", "drie.pdf", PDF)], REMOTE_ADDR="198.51.100.7")
    assert (elsewhere[0], len(stored(alice))) == (422, 2)


def test_texts_beside_files_total_no_more_than_without(vera: Visitor, alice: cast.Person) -> None:
    status = vera.send([(f"f{n}", "x" * 100_000, None) for n in range(6)] + [("papers", "een.pdf", PDF)])[0]
    assert (status, rows(alice)) == (413, ([], []))


def test_what_waits_to_be_sent_and_pictures_take_room(vera: Visitor, alice: cast.Person, as_role: AsRole) -> None:
    vera.send([("name", "", None), ("papers", "wacht.pdf", PDF)])
    vera.send(with_challenge(vera, ("name", "Vera", None), ("papers", "gaat.pdf", PDF)))
    with tenancy.tenant(alice.account.pk, user_id=alice.user.pk):
        site = Site.objects.get()
        assert uploads.pending_bytes(alice.account.pk, now=timezone.now()) == len(PDF)
        before = uploads.stored_bytes()
        assert before == len(PDF)
        out = io.BytesIO()
        Image.effect_noise((300, 300), 90).save(out, "PNG")
        made = assets.store_asset(site=site, name="Taart", data=out.getvalue(), actor=alice.user)
        assert uploads.stored_bytes() == before + sum(each["bytes"] for each in made.variants)
        full = replace(limits_of(alice.account.pk), storage_bytes=len(PDF))
    with as_role("worker"), tenancy.tenant(alice.account.pk), pytest.MonkeyPatch.context() as patch:
        assert Outbox.objects.filter(task="sites.tasks.follow_limits").exists()
        patch.setattr(uploads, "limits_of", lambda account_id: replace(full, storage_bytes=before * 20))
        uploads.follow_limits()
        room = Domain.objects.get().upload_bytes
        assert room == min(full.upload_bytes, before * 20 - uploads.stored_bytes() - len(PDF))
        patch.setattr(uploads, "limits_of", lambda account_id: full)
        uploads.follow_limits()
        assert Domain.objects.get().upload_bytes == 0
    with tenancy.tenant(alice.account.pk, user_id=alice.user.pk), pytest.MonkeyPatch.context() as patch:
        patch.setattr(assets, "limits_of", lambda account_id: full)
        with pytest.raises(assets.AssetError):
            assets.store_asset(site=site, name="Te veel", data=out.getvalue(), actor=alice.user)


def test_a_file_that_cannot_be_read_is_words_in_the_export(vera: Visitor, alice: cast.Person, as_role: AsRole) -> None:
    vera.send(with_challenge(vera, ("name", "Vera", None), ("papers", "recept.pdf", PDF)))
    storage.put(stored(alice)[0], b"damaged")
    with as_role("exporter"):
        pieces = export_all.write(alice.account.pk, Filter(), lambda done: None, user_id=alice.user.pk)
        archive = zipfile.ZipFile(io.BytesIO(b"".join(pieces)))
    [name] = [name for name in archive.namelist() if name.startswith("files/")]
    assert name.endswith("-recept.pdf.txt")


def test_a_kind_that_is_not_taken_any_more_is_still_handed_out(
    vera: Visitor, alice: cast.Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    vera.send(with_challenge(vera, ("name", "Vera", None), ("papers", "recept.pdf", PDF)))
    monkeypatch.delitem(TYPES, "pdf")
    answer = alice.client.get(address(alice))
    assert (answer.content, answer.headers["Content-Type"]) == (PDF, "application/octet-stream")
