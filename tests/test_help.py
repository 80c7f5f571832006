"""Asking Webanizr: visitors' data is spotted and masked on the server, and only owners decide about access."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import Role
from privacy.models import AccessGrant, AccessRequest, SupportMessage, SupportQuestion
from privacy.scope import Scope
from privacy.services import requests
from tests import cast
from webanizr.core import tenancy

pytestmark = pytest.mark.django_db

TEXT = "Een klant belde dat 06 1234 5678 en vera@example.nl niet werden geaccepteerd."


def ask(person: cast.Person, **changes: str) -> Any:
    values = {"subject": "Vraag", "body": TEXT, "about": "", "action": "send"} | changes
    return person.client.post("/help/", values)


def stored(person: cast.Person) -> list[str]:
    with tenancy.tenant(person.account.pk, user_id=person.user.pk):
        return list(SupportMessage.objects.order_by("created_at").values_list("body", flat=True))


def test_what_looks_like_a_visitors_data_comes_back_first() -> None:
    alice = cast.owner("Alice")
    answer = ask(alice)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert TEXT in page  # nothing typed is lost
    assert "06 1234 5678" in page.split("callout--warn")[1]
    assert stored(alice) == []

    masked = ask(alice, action="mask")
    page = masked.content.decode()
    assert "5678" not in page
    assert "vera" not in page
    assert "Een klant belde dat •• •••• ••••" in page
    assert stored(alice) == []

    assert ask(alice, action="as_is").status_code == 302
    assert stored(alice) == [TEXT]


def test_a_question_names_what_is_theirs() -> None:
    alice, charlie = cast.owner("Alice"), cast.owner("Charlie")
    site, _page, form = cast.site_of(alice)
    theirs, _page, their_form = cast.site_of(charlie)
    assert ask(alice, body="Iets", about=f"{theirs.id}/{their_form.id}").status_code == 422
    answer = ask(alice, body="Iets anders", about=f"{site.id}/{form.id}")
    assert answer.status_code == 302
    with tenancy.tenant(alice.account.pk):
        question = SupportQuestion.objects.get()
    assert (question.site_id, question.form_id) == (site.id, form.id)
    assert charlie.client.get(answer["Location"]).status_code == 404
    assert (
        f'value="{site.id}/{form.id}" selected'
        in alice.client.get(f"/help/?about={site.id}/{form.id}").content.decode()
    )
    assert alice.client.post(f"{answer['Location']}close/").status_code == 302
    alice.client.post(answer["Location"], {"body": "Toch nog iets", "action": "send"})
    with tenancy.tenant(alice.account.pk):
        question.refresh_from_db()
    assert question.closed_at is None


def test_only_an_owner_decides() -> None:
    alice = cast.owner("Alice")
    bob, rita = cast.colleague("Bob", alice, Role.EDITOR), cast.colleague("Rita", alice, Role.READER)
    site, _page, form = cast.site_of(alice)
    with tenancy.tenant(alice.account.pk, user_id=alice.user.pk):
        grant = requests.grant_access(scope=Scope(site.id, form.id), actor=alice.user)
    for someone in (bob, rita):
        page = someone.client.get("/consent/").content.decode()
        assert 'name="never"' not in page
        assert someone.client.post("/consent/always-ask/", {"never": "on"}).status_code == 403
        assert someone.client.post(f"/consent/requests/{grant.id}/", {"answer": "allow"}).status_code == 403
    charlie = cast.owner("Charlie")
    for path in (f"/consent/grants/{grant.id}/", f"/consent/requests/{grant.id}/"):
        assert charlie.client.post(path, {"answer": "allow"}).status_code in (404, 405)
    assert charlie.client.post(f"/consent/grants/{grant.id}/withdraw/").status_code == 404
    assert AccessRequest.objects.count() == 0
    # ending what was allowed is for every member
    assert rita.client.post(f"/consent/grants/{grant.id}/withdraw/").status_code == 302
    with tenancy.tenant(alice.account.pk):
        assert AccessGrant.objects.get().revoked_at is not None


def test_answers_are_offered_while_the_question_is_typed() -> None:
    alice = cast.owner("Alice")
    page = alice.client.get("/help/").content.decode()
    assert page.count("/help/articles/") == 3
    typed = {"subject": "Foto's", "body": "Kunnen bezoekers een bestand of bijlage sturen?"}
    offered = alice.client.post("/help/suggest/", typed).content.decode()
    first = offered.split("/help/articles/")[1].partition("/")[0]
    assert first == "files"
    assert "kind File" in alice.client.get(f"/help/articles/{first}/").content.decode()
    assert alice.client.get("/help/articles/made-up/").status_code == 404
    assert stored(alice) == []
