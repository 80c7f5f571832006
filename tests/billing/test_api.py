"""Billing's JSON API: what the browser can do, for owners with the scope; nobody else's and nobody without it."""

from __future__ import annotations

import uuid
from typing import Any
from unittest import mock

import pytest

from accounts.models import Role
from billing import questions
from billing.models import Subscription
from billing.selectors import invoices_of, today
from billing.services.statements import import_statement
from tests.billing.working import BUSINESS, CONSUMER, AsRole, camt, inside, noon, request_of, subscription, work
from tests.cast import Person, colleague, owner
from tests.staff import Hire
from tests.test_api import Caller

pytestmark = pytest.mark.django_db(transaction=True)
ALL = ("billing:read", "billing:write")


def paid(as_role: AsRole, hire: Hire, someone: Person) -> None:
    """Let somebody's open request be paid today."""
    sam, request = hire("Sam", "billing"), request_of(someone)
    data = camt([{"cents": request.gross_cents, "ref": request.rf}], on=today(), name=request.code)
    with as_role("staff"):
        import_statement(data=data, actor=sam, now=noon(today()))
    work(as_role, on=today())


def test_from_free_to_paid_and_out_again(as_role: AsRole, hire: Hire) -> None:
    alice = owner("Alice")
    program = Caller(alice, *ALL)
    status, plans = program.ask("get", "plans/")
    assert (status, [(p["code"], p["year_cents"]) for p in plans][1]) == (200, ("plus", 12_000))
    assert program.ask("get", "subscription/profile/") == (200, None)
    status, refused = program.ask("post", "subscription/requests/", {"plan": "plus", "interval": "year"})
    assert status == 409
    assert "details" in refused["message"]

    status, refused = program.ask("patch", "subscription/profile/", BUSINESS | {"vat_id": "NL12345678B01"})
    assert status == 400
    assert "NL123456789B01" in refused["fields"]["vat_id"][0]
    assert program.ask("patch", "subscription/profile/", BUSINESS)[0] == 200
    status, profile = program.ask("patch", "subscription/profile/", {"city": "Zeist"})
    assert (profile["city"], profile["name"]) == ("Zeist", BUSINESS["name"]), "what isn't named stays"

    status, made = program.ask("post", "subscription/requests/", {"plan": "plus", "interval": "year"})
    assert (status, made["gross_cents"], made["left_cents"]) == (201, 14_520, 14_520)
    assert made["transfer"]["iban"] == "NL91 ABNA 0417 1643 00"
    one = f"subscription/requests/{made['id']}/"
    assert program.ask("get", f"{one}pdf/")[0] == 409, "it is still being made"
    work(as_role)
    assert program.client.get(f"/api/v1/{one}pdf/").content.startswith(b"%PDF")

    paid(as_role, hire, alice)
    assert program.ask("get", one)[1]["state"] == "paid"
    assert program.ask("delete", one)[0] == 409
    found = program.ask("get", "subscription/")[1]
    assert (found["plan"], found["state"], found["limits"]["members"]) == ("plus", "active", 3)
    (invoice,) = program.ask("get", "invoices/")[1]
    assert (invoice["number"][:3], invoice["open_cents"]) == ("WB-", 0)
    assert program.ask("get", f"invoices/{invoice['id']}/")[1] == invoice
    assert program.client.get(f"/api/v1/invoices/{invoice['id']}/pdf/").content.startswith(b"%PDF")
    assert b"<cbc:ID>" in program.client.get(f"/api/v1/invoices/{invoice['id']}/ubl/").content

    larger = {"plan": "business", "interval": "year"}
    assert program.ask("post", "subscription/change/", larger)[1]["plan"] == "business"
    assert program.ask("post", "subscription/cancel/")[1]["ends_on"]
    assert program.ask("post", "subscription/resume/")[1]["ends_on"] is None
    status, refused = program.ask("post", "subscription/withdraw/")
    assert status == 409
    assert "consumers" in refused["message"]
    assert program.ask("get", "refunds/") == (200, [])


def test_a_consumer_withdraws_and_a_request_is_taken_back(as_role: AsRole, hire: Hire) -> None:
    alice = owner("Alice")
    program = Caller(alice, *ALL)
    program.ask("patch", "subscription/profile/", CONSUMER)
    choice = {"plan": "plus", "interval": "month"}
    made = program.ask("post", "subscription/requests/", choice)[1]
    assert program.ask("delete", f"subscription/requests/{made['id']}/")[0] == 204
    assert program.ask("get", "subscription/")[1]["state"] == "free"
    program.ask("post", "subscription/requests/", choice)
    paid(as_role, hire, alice)
    status, found = program.ask("post", "subscription/withdraw/")
    assert (status, found["plan"], found["state"]) == (200, "free", "free")
    work(as_role, on=today())
    assert [row["cents"] for row in program.ask("get", "refunds/")[1]] == [1452]


def test_what_others_ask_at_that_moment_is_answered_too() -> None:
    said: list[tuple[str, bool]] = []
    asked = questions.Question(
        name="no_newsletter", label="", help="", answered=lambda actor, value, now: said.append((actor.name, value))
    )
    program = Caller(owner("Alice"), *ALL)
    program.ask("patch", "subscription/profile/", BUSINESS)
    choice: dict[str, Any] = {"plan": "plus", "interval": "year", "answers": {"no_newsletter": True}}
    with mock.patch.object(questions, "QUESTIONS", [asked]):
        assert program.ask("post", "subscription/requests/", choice | {"answers": {"more": True}})[0] == 400
        assert program.ask("post", "subscription/requests/", choice)[0] == 201
    assert said == [("Alice", True)]


def test_nobody_elses_and_nothing_without_scope_or_role(as_role: AsRole, hire: Hire) -> None:
    alice, charlie = owner("Alice"), owner("Charlie")
    program = Caller(alice, *ALL)
    program.ask("patch", "subscription/profile/", BUSINESS)
    made = program.ask("post", "subscription/requests/", {"plan": "plus", "interval": "year"})[1]
    paid(as_role, hire, alice)
    with inside(alice) as account_id:
        invoice = invoices_of(account_id)[0].invoice
    private = [
        f"subscription/requests/{made['id']}/",
        f"subscription/requests/{made['id']}/pdf/",
        *(f"invoices/{invoice.id}/{part}" for part in ("", "pdf/", "ubl/")),
    ]
    stranger = Caller(charlie, *ALL)
    assert {stranger.ask("get", path)[0] for path in private} == {404}
    assert stranger.ask("get", f"invoices/{uuid.uuid4()}/")[0] == 404
    assert stranger.ask("get", "invoices/") == (200, [])
    assert stranger.ask("get", "subscription/profile/") == (200, None)
    editor = Caller(colleague("Bob", alice, Role.EDITOR), *ALL)
    assert {editor.ask("get", path)[0] for path in [*private, "subscription/", "invoices/"]} == {403}
    builder = Caller(alice, "sites:read", "sites:write")
    assert {builder.ask("get", path)[0] for path in [*private, "subscription/"]} == {403}
    reader = Caller(alice, "billing:read")
    assert reader.ask("get", "subscription/")[0] == 200
    assert reader.ask("post", "subscription/cancel/")[0] == 403
    assert subscription(alice).ends_on is None
    with inside(charlie):
        assert not Subscription.objects.exists()
