"""Finding messages by words, addresses and numbers that the database doesn't know; everything about one person."""

from __future__ import annotations

import io
import json
import re
import uuid
import zipfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import RequestFactory, override_settings
from django.utils import timezone

from accounts.models import Role
from accounts.staff_admin import site as staff_site
from sites import tasks
from sites.models import Form, IntakeKey, SearchEntry, Site, Submission
from sites.selectors import search
from sites.selectors.sealed import open_key
from sites.services import export, keys
from sites.services import search as services
from tests import cast
from webanizr.core import alarms, outbox, results, storage, tenancy, vault
from webanizr.core.models import Alarm, Job, Outbox
from webanizr.core.vault import blind, records

pytestmark = pytest.mark.django_db(transaction=True)

AsRole = Callable[[str], AbstractContextManager[Any]]


class World:
    """Alice's inbox, and the worker that makes it searchable."""

    def __init__(self, as_role: AsRole) -> None:
        self.as_role = as_role
        self.alice = cast.owner("Alice")
        self.site, _page, self.form = cast.site_of(self.alice)

    def send(self, form: Form | None = None, **answers: str) -> Submission:
        """Store a message and let the worker index it."""
        row = cast.send(self.as_role, self.site, form or self.form, None, **answers)
        self.index(row)
        return row

    def index(self, row: Submission) -> None:
        """Run the worker's task."""
        with self.as_role("worker"), tenancy.tenant(row.account_id):
            tasks.index_submission.run(submission_id=str(row.id))

    def find(self, words: str, **more: str) -> list[str]:
        """Return the ids that the inbox shows for a search, in order."""
        answer = self.alice.client.get("/inbox/", {"q": words, **more})
        assert answer.status_code == 200
        return re.findall(r'name="id" value="([0-9a-f-]{36})"', answer.content.decode())


@pytest.fixture
def world(as_role: AsRole) -> World:
    return World(as_role)


def test_words_in_any_spelling_and_all_of_them(world: World) -> None:
    one = world.send(name="Zoë Müller", message="Hebben jullie DESEM, of een croissant?")
    two = world.send(name="Zoe Jansen", message="Een taart met slagroom")
    assert world.find("desem") == [str(one.id)]
    assert world.find("zoe") == [str(two.id), str(one.id)]
    assert world.find("ZOË muller") == [str(one.id)]
    assert world.find("zoe taart desem") == []
    assert world.find("des") == []
    assert world.find("?!") == []
    assert world.find("zoe", folder="trash") == []
    assert world.find("zoe", form=str(uuid.uuid4())) == []


@pytest.mark.parametrize(
    "spelling", ["06 12345678", "06-12 34 56 78", "+31 6 12345678", "0031612345678", "+31 (0)6-12345678"]
)
def test_a_number_in_any_spelling(world: World, spelling: str) -> None:
    row = world.send(name="Vera", phone="+31612345678")
    in_text = world.send(name="Vera", message="Bel me op 06.1234.5678, na zes uur")
    world.send(name="Vera", phone="+31612345679")
    assert world.find(spelling) == [str(in_text.id), str(row.id)]


def test_an_address_whole_or_by_its_words(world: World) -> None:
    row = world.send(name="Vera", email="Vera.Visser@example.nl")
    world.send(name="Vera", email="vera@example.nl", message="visser")
    assert world.find("vera.visser@EXAMPLE.nl") == [str(row.id)]
    assert len(world.find("visser")) == 2


def test_nothing_found_says_why_and_where_there_is_more(world: World) -> None:
    row = world.send(name="Vera", message="desem")
    with tenancy.tenant(world.alice.account.pk):
        Submission.objects.filter(id=row.id).update(deleted_at=timezone.now())
    answer = world.alice.client.get("/inbox/", {"q": "desem"}).content.decode()
    assert "Nothing found for “desem”" in answer
    assert "folder=everywhere" in answer
    assert world.find("desem", folder="everywhere") == [str(row.id)]
    assert "Only whole words" in world.alice.client.get("/inbox/", {"q": "<b>rozijn"}).content.decode()


def test_the_api_searches_too(world: World) -> None:
    row = world.send(name="Vera", message="desem")
    world.send(name="Vera", message="taart")
    found = world.alice.client.get("/api/v1/submissions/", {"q": "desem"}).json()["results"]
    assert [each["id"] for each in found] == [str(row.id)]
    assert world.alice.client.get("/api/v1/submissions/", {"q": "x" * 300}).status_code == 400


def test_another_account_finds_nothing_and_has_other_hashes(world: World) -> None:
    row = world.send(name="Vera", message="desem")
    charlie = cast.owner("Charlie")
    site, _page, form = cast.site_of(charlie)
    other = cast.send(world.as_role, site, form, name="Vera", message="desem")
    world.index(other)
    answer = charlie.client.get("/inbox/", {"q": "desem"}).content.decode()
    assert str(other.id) in answer
    assert str(row.id) not in answer
    tokens = []
    for account in (world.alice.account.pk, charlie.account.pk):
        with tenancy.tenant(account):
            tokens.append({bytes(entry.token) for entry in SearchEntry.objects.all()})
    assert tokens[0].isdisjoint(tokens[1])
    assert charlie.client.get("/inbox/person/", {"of": str(row.id)}).status_code == 404


def test_indexing_twice_adds_nothing_and_a_change_is_followed(world: World) -> None:
    row = world.send(name="Vera", message="desem desem")

    def entries() -> set[uuid.UUID]:
        with tenancy.tenant(row.account_id):
            return set(SearchEntry.objects.values_list("id", flat=True))

    before = entries()
    assert len(before) == 2
    world.index(row)
    assert entries() == before
    # changed by whoever it was: the database itself asks for a new index
    other = cast.send(world.as_role, world.site, world.form, name="Vera", message="taart")
    ids = {"account_id": row.account_id, "site_id": row.site_id, "form_id": row.form_id, "submission_id": row.id}
    with world.as_role("worker"), tenancy.tenant(row.account_id):
        key = open_key(IntakeKey.objects.get(id=str(other.intake_key_id)))
        content = vault.seal({"fields": [], "values": {"message": "taart"}}, key=key, **ids)
        Submission.objects.filter(id=row.id).update(content=content, intake_key=other.intake_key_id)
        assert [each.args for each in Outbox.objects.filter(task=services.TASK)] == [{"submission_id": str(row.id)}]
    world.index(row)
    assert world.find("desem") == []
    assert world.find("taart") == [str(row.id)]


def test_intake_leads_to_the_index_through_the_outbox(world: World) -> None:
    row = cast.send(world.as_role, world.site, world.form, name="Vera", message="desem")
    with world.as_role("worker"), tenancy.tenant(row.account_id):
        outbox.add("sites.tasks.notify_submission", submission_id=row.id)
    done = []
    while True:  # as the relay and the worker do it
        with world.as_role("worker"):
            waiting = [each for each in outbox.claim() if each.account_id == row.account_id]
            for each in waiting:
                if each.task.startswith("sites."):
                    getattr(tasks, each.task.rpartition(".")[2])(outbox_id=str(each.id), account_id=str(row.account_id))
                    done.append(each.task)
        if not waiting:
            break
    assert done == ["sites.tasks.notify_submission", services.TASK]
    assert world.find("desem") == [str(row.id)]
    with tenancy.tenant(row.account_id):
        args = list(Outbox.objects.filter(task=services.TASK).values_list("args", flat=True))
    assert args == [{"submission_id": str(row.id)}]  # ids only


def delete_by_retention(world: World, row: Submission) -> None:
    with world.as_role("worker"):
        tasks.delete_expired.run()


def delete_by_sql(world: World, row: Submission) -> None:
    with world.as_role("worker"), tenancy.tenant(row.account_id), connection.cursor() as cursor:
        cursor.execute("DELETE FROM sites_submission WHERE id = %s", [row.id])


def delete_with_the_site(world: World, row: Submission) -> None:
    with world.as_role("worker"), tenancy.tenant(row.account_id), connection.cursor() as cursor:
        cursor.execute("DELETE FROM sites_submission WHERE site_id = %s", [row.site_id])


@pytest.mark.parametrize("delete", [delete_by_retention, delete_by_sql, delete_with_the_site])
def test_what_can_be_found_goes_with_the_message(world: World, delete: Callable[[World, Submission], None]) -> None:
    row = world.send(name="Vera", message="desem")
    with tenancy.tenant(row.account_id):
        Submission.objects.filter(id=row.id).update(deleted_at=timezone.now() - timedelta(days=40))
        assert SearchEntry.objects.count() == 2
    delete(world, row)
    with tenancy.tenant(row.account_id):
        assert (Submission.objects.count(), SearchEntry.objects.count()) == (0, 0)


def test_intake_keys_go_when_their_messages_have_gone(world: World) -> None:
    gone, stays = world.send(name="Vera"), world.send(name="Piet")
    with world.as_role("worker"), tenancy.tenant(gone.account_id):
        Submission.objects.filter(id=gone.id).delete()
        assert keys.delete_unused(now=timezone.now()) == 0  # a hosting process may be about to use it
        assert keys.delete_unused(now=timezone.now() + timedelta(days=2)) == 1
        assert [key.id for key in IntakeKey.objects.all()] == [stays.intake_key_id]


def test_a_message_that_can_not_be_opened_rings_an_alarm_and_is_not_tried_again(world: World) -> None:
    row = cast.send(world.as_role, world.site, world.form, name="Vera")
    with world.as_role("worker"), tenancy.tenant(row.account_id):
        Submission.objects.filter(id=row.id).update(content=cast.damaged(row.content))
    world.index(row)
    world.index(row)
    with tenancy.tenant(row.account_id):
        rung = list(Alarm.objects.values_list("code", "object_id", "count"))
    assert rung == [("unreadable: damaged or moved", row.id, 2)]
    answer = world.alice.client.get(f"/inbox/{row.id}/").content.decode()
    assert "Unreadable message" in answer


def test_staff_who_meet_a_damaged_record_are_not_stopped_by_its_alarm(world: World) -> None:
    with world.as_role("staff"), transaction.atomic():
        alarms.ring("unreadable: damaged or moved", uuid.uuid4())
        assert Alarm.objects.count() == 0
    with world.as_role("exporter"), transaction.atomic():  # an export that staff ordered: no account is chosen
        alarms.ring("unreadable: damaged or moved", uuid.uuid4())


def test_staff_see_how_many_and_not_what(world: World) -> None:
    row = cast.send(world.as_role, world.site, world.form, name="Vera")
    with world.as_role("worker"), tenancy.tenant(row.account_id):
        Submission.objects.filter(id=row.id).update(content=cast.damaged(row.content))
    world.index(row)
    request = RequestFactory().get("/admin/system/")
    request.user = world.alice.user
    with world.as_role("staff"):
        page = staff_site.system(request).content.decode()
    assert "unreadable: damaged or moved" in page
    assert "1 record" in page
    assert "Vera" not in page


def test_an_export_names_what_it_could_not_open_and_gives_the_rest(world: World) -> None:
    rows = [cast.send(world.as_role, world.site, world.form, name=name) for name in ("Anna", "Vera", "=Piet")]
    with world.as_role("worker"), tenancy.tenant(world.alice.account.pk):
        Submission.objects.filter(id=rows[1].id).update(content=cast.damaged(rows[1].content))
    world.alice.client.post("/exports/start/")
    with tenancy.tenant(world.alice.account.pk):
        job = Job.objects.get(kind=export.KIND)
    with world.as_role("exporter"):
        export.run_export(job.account_id, job.id)
    lines = world.alice.client.get(f"/exports/{job.id}/download/").content.decode("utf-8-sig").splitlines()
    cells = [line.split(",") for line in lines[1:]]
    assert [line[2] for line in cells] == ["Anna", "", "'=Piet"]
    assert [line[-1] for line in cells] == ["", "Onleesbaar", ""]
    with tenancy.tenant(world.alice.account.pk):
        assert Alarm.objects.get().object_id == rows[1].id


def test_an_export_waits_for_the_keys_instead_of_leaving_gaps(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    cast.send(world.as_role, world.site, world.form, name="Vera")
    world.alice.client.post("/exports/start/")
    with tenancy.tenant(world.alice.account.pk):
        job = Job.objects.get(kind=export.KIND)
    with monkeypatch.context() as broken, world.as_role("exporter"):
        broken.setattr(vault.keys, "private_key", lambda *_: (_ for _ in ()).throw(vault.Unavailable("KMS")))
        broken.setattr(records, "private_key", vault.keys.private_key)
        records.forget_keys()
        with pytest.raises(vault.Unavailable):
            export.run_export(job.account_id, job.id)
    with world.as_role("exporter"):
        export.run_export(job.account_id, job.id)
    assert "Vera" in world.alice.client.get(f"/exports/{job.id}/download/").content.decode()


# --- one person


@pytest.fixture
def vera(world: World) -> dict[str, Submission]:
    """Messages of Vera over two forms, one in the trash, and one of somebody else."""
    with tenancy.tenant(world.alice.account.pk):
        fields = [field for field in world.form.fields if field["id"] != "email"]
        other = Form.objects.create(site=Site.objects.get(), name="Terugbellen", fields=fields)
    found = {
        "both": world.send(name="Vera Visser", email="vera@example.nl", phone="+31612345678"),
        "phone": world.send(other, name="V. Visser", phone="+31612345678"),
        "trash": world.send(name="Vera", email="VERA@example.nl", message="Oud"),
        "else": world.send(name="Vera", email="andere.vera@example.nl", message="Vera Visser is mijn zus"),
    }
    with tenancy.tenant(world.alice.account.pk):
        Submission.objects.filter(id=found["trash"].id).update(deleted_at=timezone.now())
    return found


def test_everything_about_a_person(world: World, vera: dict[str, Submission]) -> None:
    page = world.alice.client.get("/inbox/person/", {"of": str(vera["both"].id)}).content.decode()
    assert "Vera Visser" in page
    for name in ("both", "phone", "trash"):
        assert f"/inbox/{vera[name].id}/" in page
    assert f"/inbox/{vera['else'].id}/" not in page
    assert "06 12345678" in page
    only = world.alice.client.get("/inbox/person/", {"q": "06-12345678"}).content.decode()
    assert f"/inbox/{vera['phone'].id}/" in only
    assert f"/inbox/{vera['trash'].id}/" not in only
    nobody = world.alice.client.get("/inbox/person/", {"q": "Vera"}).content.decode()
    assert "Nothing found" in nobody
    with tenancy.tenant(world.alice.account.pk):
        by = {each.row.id: each.by for each in search.person(search.terms_of_sender(vera["both"])).found}
    assert by[vera["both"].id] == ("address", "phone")
    assert by[vera["phone"].id] == ("phone",)


def test_the_api_knows_a_person_too(world: World, vera: dict[str, Submission]) -> None:
    client, address = world.alice.client, "/api/v1/submissions/person/"
    found = client.get(address, {"of": str(vera["both"].id)}).json()
    assert found["addresses"] == ["vera@example.nl"]
    assert {each["message"]["id"] for each in found["found"]} == {
        str(vera[name].id) for name in ("both", "phone", "trash")
    }
    assert client.get(address, {"q": "06-1234 5678"}).json()["found"][0]["found_on"] == ["phone"]
    assert client.get(address, {"q": "niemand@example.nl"}).status_code == 404
    assert client.get(address, {"of": str(uuid.uuid4())}).status_code == 404
    token = client.get("/settings/").cookies["csrf"].value
    answer = client.post(
        address, {"q": "vera@example.nl"}, content_type="application/json", headers={"X-CSRFToken": token}
    )
    assert answer.status_code == 202
    with tenancy.tenant(world.alice.account.pk):
        assert Job.objects.get(kind=export.KIND).params["content"] == export.PERSON


def test_a_person_is_exported_sealed_and_handed_over_whole(world: World, vera: dict[str, Submission]) -> None:
    answer = world.alice.client.post("/inbox/person/export/", {"of": str(vera["both"].id)})
    assert answer.status_code == 302
    with tenancy.tenant(world.alice.account.pk):
        job = Job.objects.get(kind=export.KIND)
    assert "vera" not in json.dumps(job.params).lower()
    with world.as_role("exporter"):
        export.run_export(job.account_id, job.id)
    assert b"PK" not in storage.get(results.key_of(job.account_id, job.id))[:40]
    got = world.alice.client.get(f"/exports/{job.id}/download/")
    assert got.headers["Content-Type"] == "application/zip"
    archive = zipfile.ZipFile(io.BytesIO(got.content))
    assert archive.testzip() is None
    text = archive.read("berichten.json").decode()
    assert {each["id"] for each in json.loads(text)} == {str(vera[name].id) for name in ("both", "phone", "trash")}
    assert b"VERA@example.nl" in archive.read("berichten.csv")
    assert "Terugbellen" in archive.read("overzicht.html").decode()


def test_a_search_is_exported_without_its_words_being_kept(world: World) -> None:
    row = world.send(name="Vera", message="desem")
    world.send(name="Piet", message="taart")
    world.alice.client.post("/exports/start/", {"q": "desem"})
    with tenancy.tenant(world.alice.account.pk):
        job = Job.objects.get(kind=export.KIND)
    assert "desem" not in json.dumps(job.params)
    with world.as_role("exporter"):
        export.run_export(job.account_id, job.id)
    lines = world.alice.client.get(f"/exports/{job.id}/download/").content.decode().splitlines()
    assert len(lines) == 2
    assert "desem" in lines[1]
    assert row.id


def test_a_reader_may_search_and_the_hosting_service_may_not(world: World) -> None:
    world.send(name="Vera", message="desem")
    rita = cast.colleague("Rita", world.alice, Role.READER)
    assert "Vera" in rita.client.get("/inbox/", {"q": "desem"}).content.decode()
    with override_settings(SERVICE="hosting"), tenancy.tenant(world.alice.account.pk), pytest.raises(vault.Forbidden):
        blind.tokens(world.alice.account.pk, [("word", "desem")])


def test_terms() -> None:
    assert blind.terms_of(["Mail vera@example.nl of bel 010 - 123 45 67!"])[:2] == [
        ("address", "vera@example.nl"),
        ("phone", "+31101234567"),
    ]
    assert blind.terms_of(["Bestelling 123456789 van 31-12-2026"])[0][0] == "word"
    assert blind.terms_asked("  ") == []
    assert len(blind.terms_of([" ".join(f"woord{n}" for n in range(5000))])) == blind.MOST_WORDS
    assert blind.terms_of(["\ud800 é \u0301" * 50]) == []  # nothing that a visitor can send is an error
