"""What belongs to one account is invisible to another, by id, URL, API or guess: 404 (promise 12)."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import psycopg2
import pytest
from django.test import Client

from accounts.models import Role
from sites.models import Page, Site, Submission
from tests import cast
from tests.permission_matrix import MATRIX
from webanizr.core import tenancy

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(as_role: Callable[[str], AbstractContextManager[Any]]) -> dict[str, Any]:
    """Alice with a site and a message, her colleagues, and Charlie elsewhere."""
    alice, charlie = cast.owner("Alice"), cast.owner("Charlie")
    site, page, form = cast.site_of(alice)
    row = cast.send(as_role, site, form, name="Vera", email="vera@example.nl", message="Dag!")
    return {
        "alice": alice,
        "bob": cast.colleague("Bob", alice, Role.EDITOR),
        "rita": cast.colleague("Rita", alice, Role.READER),
        "charlie": charlie,
        "site_id": site.id,
        "page_id": page.id,
        "form_id": form.id,
        "submission_id": row.id,
    }


def address(route: str, world: dict[str, Any]) -> str:
    """Fill a route in with Alice's ids; what she has none of gets an id that nobody has."""

    def value(found: re.Match[str]) -> str:
        kind, name = found[1], found[2]
        known = world.get(name)
        return str(known) if known else str(uuid.uuid4()) if kind == "uuid" else "1" if kind == "int" else "iets"

    return "/" + re.sub(r"<(\w+):(\w+)>", value, route)


OBJECTS = [route for route in MATRIX["app"] if "site_id" in route or "submission_id" in route or "job_id" in route]


@pytest.mark.parametrize("route", OBJECTS)
def test_a_stranger_gets_404(route: str, world: dict[str, Any]) -> None:
    url = address(route, world)
    client: Client = world["charlie"].client
    for method in ("get", "post"):
        status = getattr(client, method)(
            url, HTTP_ACCEPT="application/json", content_type="application/json", data={}
        ).status_code
        assert status in (404, 405), f"{method} {url}: {status}"


@pytest.mark.parametrize(
    "route", [route for route, level in MATRIX["app"].items() if level != "public" and "GET public" not in level]
)
def test_anonymous_people_get_in_nowhere(route: str, world: dict[str, Any]) -> None:
    url = address(route, world)
    answer = Client().get(url)
    assert answer.status_code in (302, 401, 403, 405), f"{url}: {answer.status_code}"
    if answer.status_code == 302:
        assert answer["Location"].startswith("/login/"), url


@pytest.mark.parametrize(("who", "levels"), [("rita", {"owner", "editor"}), ("bob", {"owner"})])
def test_a_role_opens_no_more_than_it_may(who: str, levels: set[str], world: dict[str, Any]) -> None:
    for route, level in MATRIX["app"].items():
        if level in levels:
            answer = world[who].client.get(address(route, world))
            assert answer.status_code == 403, f"{route}: {answer.status_code}"


def test_members_see_what_they_may(world: dict[str, Any]) -> None:
    message = f"/inbox/{world['submission_id']}/"
    for who in ("alice", "bob", "rita"):
        answer = world[who].client.get(message)
        assert answer.status_code == 200
        assert "Dag!" in answer.content.decode()


def test_guessed_ids_in_bulk_actions_change_nothing(world: dict[str, Any]) -> None:
    world["charlie"].client.post("/inbox/bulk/", {"action": "delete", "id": str(world["submission_id"])})
    with tenancy.tenant(world["alice"].account.pk):
        assert Submission.objects.get(id=world["submission_id"]).deleted_at is None


def test_a_session_that_names_another_account_opens_ones_own(world: dict[str, Any]) -> None:
    charlie = world["charlie"]
    session = charlie.client.session
    session["account_id"] = str(world["alice"].account.pk)
    session.save()
    answer = charlie.client.get("/settings/")
    assert "Bakkerij Charlie" in answer.content.decode()
    assert "Bakkerij Alice" not in answer.content.decode()


def test_the_hosting_login_reads_no_submission(world: dict[str, Any], role_connection: Callable[[str], Any]) -> None:

    connection = role_connection("hosting")
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('webanizr.account_id', %s, false)", [str(world["alice"].account.pk)])
        for column in ("content", "id", "count(*)"):
            with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                cursor.execute(f"SELECT {column} FROM sites_submission")
            connection.rollback()


def test_the_staff_login_reads_neither_drafts_nor_messages(
    world: dict[str, Any], role_connection: Callable[[str], Any]
) -> None:

    connection = role_connection("staff")
    for table in ("sites_page", "sites_asset", "core_mail", "core_job", "django_session"):
        with connection.cursor() as cursor, pytest.raises(psycopg2.errors.InsufficientPrivilege):
            cursor.execute(f"SELECT count(*) FROM {table}")
        connection.rollback()
    for table in ("sites_submission", "sites_form"):  # there, but empty without consent: tests/promises/test_10
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM {table}")
            assert cursor.fetchone() == (0,)


def test_sites_of_others_do_not_exist(world: dict[str, Any]) -> None:
    with tenancy.tenant(world["charlie"].account.pk):
        assert not Site.objects.exists()
        assert not Page.objects.exists()
