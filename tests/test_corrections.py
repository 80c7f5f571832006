"""Correcting what a visitor filled in: by the form's own rules, logged with hashes, found again by what it says now."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from accounts.models import Role
from privacy.models import AccessLog, Action
from privacy.selectors import staff
from privacy.services import access
from sites import tasks
from sites.models import Submission
from sites.selectors import inbox
from sites.services.corrections import Refusals
from sites.support.changes import change_answer
from tests import cast, consent
from tests.consent import opened, viewed
from webanizr.core import tenancy
from webanizr.core.models import Outbox

pytestmark = pytest.mark.django_db(transaction=True)

AsRole = Callable[[str], AbstractContextManager[Any]]


class World:
    """Alice's inbox with three messages of Vera, under two addresses."""

    def __init__(self, as_role: AsRole) -> None:
        self.as_role = as_role
        self.alice = cast.owner("Alice")
        self.site, _page, self.form = cast.site_of(self.alice)
        self.rows = [self.send(name="Vera Visser", email="vera@example.nl", message=f"Taart {n}") for n in range(2)]
        self.rows.append(self.send(name="Vera Visser", email="vera@example.nl", message="Brood"))

    def send(self, **answers: str) -> Submission:
        """Store a message and let the worker index it."""
        row = cast.send(self.as_role, self.site, self.form, None, **answers)
        self.index(row)
        return row

    def index(self, row: Submission) -> None:
        """Run the worker's task."""
        with self.as_role("worker"), tenancy.tenant(row.account_id):
            tasks.index_submission.run(submission_id=str(row.id))

    def answers(self, row: Submission) -> dict[str, str]:
        """Return a message's answers as they are now."""
        with tenancy.tenant(row.account_id):
            found = inbox.open_message(inbox.access_submission(row.id))
        return {answer.id: answer.text for answer in found.answers}

    def form_of(self, row: Submission, **typed: str) -> dict[str, str]:
        """Return the page's form as a browser would send it, with what was typed."""
        page = self.alice.client.get(f"/inbox/{row.id}/correct/").content.decode()
        base = re.search(r'name="base" value="([0-9a-f]+)"', page)
        assert base is not None
        kept = {f"answer-{key}": value for key, value in self.answers(row).items()}
        return {"base": base[1], **kept, **{f"answer-{key}": value for key, value in typed.items()}}


@pytest.fixture
def world(as_role: AsRole) -> World:
    return World(as_role)


def test_a_member_corrects_an_answer_and_the_log_and_the_index_follow(world: World) -> None:
    row = world.rows[0]
    with tenancy.tenant(row.account_id):
        before = bytes(Submission.objects.get(id=row.id).content)
    answer = world.alice.client.post(f"/inbox/{row.id}/correct/", world.form_of(row, name="Vera de Vries"))
    assert answer.status_code == 302
    assert world.answers(row)["name"] == "Vera de Vries"
    assert world.answers(row)["message"] == "Taart 0"
    with tenancy.tenant(row.account_id):
        after = bytes(Submission.objects.get(id=row.id).content)
        line = AccessLog.objects.get(account_id=row.account_id, event="changed")
        assert (line.by, line.actor_id, line.submission_id) == ("member", world.alice.user.pk, row.id)
        assert bytes(line.before or b"") == hashlib.sha256(before).digest()
        assert bytes(line.after or b"") == hashlib.sha256(after).digest()
        assert {each.task for each in Outbox.objects.filter(state="pending")} >= {"sites.tasks.index_submission"}
    world.index(row)
    page = world.alice.client.get("/inbox/", {"q": "vries"}).content.decode()
    assert str(row.id) in page
    assert "corrected a message" in world.alice.client.get("/consent/").content.decode()


def test_the_forms_own_rules_judge_and_nothing_typed_is_lost(world: World) -> None:
    row = world.rows[0]
    answer = world.alice.client.post(f"/inbox/{row.id}/correct/", world.form_of(row, email="geen adres", name="Nieuw"))
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "geen adres" in page
    assert "Nieuw" in page
    assert 'aria-invalid="true"' in page
    assert world.answers(row)["name"] == "Vera Visser"
    with tenancy.tenant(row.account_id):
        assert not AccessLog.objects.filter(account_id=row.account_id, event="changed").exists()


def test_two_who_correct_at_once_see_each_other(world: World) -> None:
    row = world.rows[0]
    late = world.form_of(row, name="Te laat")
    assert world.alice.client.post(f"/inbox/{row.id}/correct/", world.form_of(row, name="Eerst")).status_code == 302
    answer = world.alice.client.post(f"/inbox/{row.id}/correct/", late)
    assert answer.status_code == 422
    assert "Te laat" in answer.content.decode()
    assert world.answers(row)["name"] == "Eerst"


def test_a_person_is_corrected_in_all_messages_after_looking(world: World) -> None:
    query = {"of": str(world.rows[0].id)}
    page = world.alice.client.get("/inbox/person/correct/", query).content.decode()
    names = re.findall(r'name="(own-\d+)" value="([^"]*)"', page)
    typed = {key: "vera@nieuw.example" if value == "vera@example.nl" else value for key, value in names}
    assert "vera@nieuw.example" in typed.values()
    look = world.alice.client.post("/inbox/person/correct/", {**query, **typed, "do": "look"}).content.decode()
    assert look.count("<strong>vera@nieuw.example</strong>") == 3
    assert {world.answers(row)["email"] for row in world.rows} == {"vera@example.nl"}
    seen = re.search(r'name="seen" value="([0-9a-f]+)"', look)
    assert seen is not None
    # what was looked at is done, and nothing else
    other = {**query, **typed, "do": "apply", "seen": "0" * 32}
    world.alice.client.post("/inbox/person/correct/", other)
    assert {world.answers(row)["email"] for row in world.rows} == {"vera@example.nl"}
    done = world.alice.client.post("/inbox/person/correct/", {**other, "seen": seen[1]})
    assert done.status_code == 302
    assert {world.answers(row)["email"] for row in world.rows} == {"vera@nieuw.example"}


def test_who_may_only_read_and_strangers_correct_nothing(world: World) -> None:
    row = world.rows[0]
    rita = cast.colleague("Rita", world.alice, Role.READER)
    assert rita.client.get(f"/inbox/{row.id}/correct/").status_code == 403
    assert "correct/" not in rita.client.get(f"/inbox/{row.id}/").content.decode()
    charlie = cast.owner("Charlie")
    assert charlie.client.get(f"/inbox/{row.id}/correct/").status_code == 404


def test_staff_are_held_to_the_fields_own_rules(as_role: AsRole) -> None:
    here = consent.build(as_role)
    site, form = here.site, here.form
    row = cast.send(as_role, site, form, None, name="Vera", email="vera@example.nl", message="Dag")
    session = opened(here, here.grant("view", "change"), as_role, action="change")
    viewed(here, session, [row.id], as_role)
    with as_role("staff"), access.open_scope(session, actor_id=here.sam.pk, action=Action.CHANGE) as scope:
        found = staff.row_in_scope(scope, row.id)
        with pytest.raises(Refusals):
            change_answer(row=found, field="email", text="geen adres")
        with pytest.raises(Refusals):
            change_answer(row=found, field="name", text="x" * 4000)
        assert change_answer(row=found, field="email", text=" Vera@Example.nl ")
