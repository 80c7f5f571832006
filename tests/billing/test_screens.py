"""The customer's screens: from the plans to the invoice, and out again in two clicks; a stranger sees nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from unittest import mock

import pytest
from django.db import transaction

from accounts.models import Role
from billing import purpose, questions
from billing.models import Refund, Subscription
from billing.references import grouped
from billing.selectors import invoices_of, today
from billing.services.credits import SEAL
from billing.services.statements import import_statement
from tests.billing.working import BUSINESS, CONSUMER, AsRole, camt, inside, noon, request_of, subscription, work
from tests.cast import Person, colleague, owner
from tests.staff import Hire
from webanizr.core import vault

pytestmark = pytest.mark.django_db(transaction=True)
BUY = "/subscription/buy/plus/"


def form(**values: str) -> dict[str, str]:
    return BUSINESS | {"interval": "year"} | values


@pytest.fixture
def pays(as_role: AsRole, hire: Hire) -> Callable[[Person], None]:
    """Let somebody's open request be paid today."""
    sam = hire("Sam", "billing")
    balance = 100_000

    def run(someone: Person) -> None:
        nonlocal balance
        request = request_of(someone)
        line = {"cents": request.gross_cents, "ref": request.rf}
        data = camt([line], on=today(), name=request.code, opening=balance)
        balance += request.gross_cents
        with as_role("staff"):
            import_statement(data=data, actor=sam, now=noon(today()))
        work(as_role, on=today())

    return run


def test_the_prices_are_public_by_year_and_by_month() -> None:
    from django.test import Client

    visitor = Client(headers={"accept-language": "nl"})
    page = visitor.get("/plans/").text
    for words in ("€ 120", "€ 145,20", "€ 290", "€ 350,90", "5.000"):
        assert words in page, words
    page = visitor.get("/plans/?per=month").text
    assert "€ 12<" in page
    assert "€ 14,52" in page


def test_a_mistake_keeps_what_was_typed_and_says_what_to_do() -> None:
    alice = owner("Alice")
    answer = alice.client.post(BUY, form(vat_id="NL12345678B01", name="Bakkerij Alice"))
    assert answer.status_code == 422
    assert "NL123456789B01" in answer.text
    assert 'value="Bakkerij Alice"' in answer.text
    with inside(alice):
        assert not Subscription.objects.exists()


def test_from_free_to_paid_to_free(pays: Callable[[Person], None], as_role: AsRole) -> None:
    alice = owner("Alice")
    answer = alice.client.post(BUY, form(), follow=True)
    assert request_of(alice).code in answer.text
    assert "<svg" in answer.text
    assert "NL91 ABNA 0417 1643 00" in answer.text
    pays(alice)
    page = alice.client.get("/subscription/").text
    assert "WB-" in page
    with inside(alice) as account_id:
        invoice = invoices_of(account_id)[0].invoice
    pdf = alice.client.get(f"/subscription/invoices/{invoice.id}/pdf/")
    assert pdf.content.startswith(b"%PDF")
    assert b"<cbc:ID>" in alice.client.get(f"/subscription/invoices/{invoice.id}/ubl/").content
    assert alice.client.get("/subscription/invoices.zip").content.startswith(b"PK")
    assert alice.client.get("/subscription/change/business/").status_code == 200
    alice.client.post("/subscription/change/business/", {"per": "year"})
    work(as_role, on=today())
    assert subscription(alice).plan == "business"
    assert alice.client.get("/subscription/cancel/").status_code == 200
    assert alice.client.post("/subscription/cancel/").status_code == 302
    assert subscription(alice).ends_on is not None
    alice.client.post("/subscription/resume/")
    assert subscription(alice).ends_on is None


def test_a_consumer_withdraws_and_a_business_can_not(pays: Callable[[Person], None], as_role: AsRole) -> None:
    for person, values, free in (("Alice", CONSUMER, True), ("Charlie", BUSINESS, False)):
        someone = owner(person)
        someone.client.post(BUY, form(**values))
        pays(someone)
        assert ("disabled" in someone.client.get("/subscription/cancel/").text) is not free
        someone.client.post("/subscription/withdraw/")
        assert (subscription(someone).state == "free") is free
    work(as_role, on=today())


def test_a_request_is_cancelled_by_who_made_it() -> None:
    alice = owner("Alice")
    alice.client.post(BUY, form())
    alice.client.post(f"/subscription/pay/{request_of(alice).id}/cancel/")
    assert subscription(alice).state == "free"
    assert request_of(alice).state == "cancelled"


def test_an_open_invoice_can_be_paid_from_its_page(as_role: AsRole, hire: Hire) -> None:
    alice = owner("Alice")
    alice.client.post("/subscription/buy/business/", form(on_terms="on"))
    work(as_role, on=today())
    with inside(alice) as account_id:
        invoice = invoices_of(account_id)[0].invoice
    address = f"/subscription/invoices/{invoice.id}/"
    assert address in alice.client.get("/subscription/").text
    page = alice.client.get(address).text
    for words in (grouped(invoice.rf), "NL91 ABNA 0417 1643 00", "qr__code", "Waits for payment", "350.90"):
        assert words in page, words
    with as_role("staff"):
        line = {"cents": 35_090, "ref": invoice.rf}
        import_statement(data=camt([line], on=today()), actor=hire("Sam", "billing"), now=noon(today()))
    work(as_role, on=today())
    page = alice.client.get(address).text
    assert "qr__code" not in page
    assert "Paid" in page


def test_colleagues_and_strangers_see_none_of_it(pays: Callable[[Person], None]) -> None:
    alice, charlie = owner("Alice"), owner("Charlie")
    bob = colleague("Bob", alice, Role.EDITOR)
    alice.client.post(BUY, form())
    pays(alice)
    with inside(alice) as account_id:
        invoice = invoices_of(account_id)[0].invoice
    assert bob.client.get("/subscription/").status_code == 403
    for file in ("", "pdf/", "ubl/"):
        address = f"/subscription/invoices/{invoice.id}/{file}"
        assert bob.client.get(address).status_code == 403
        assert charlie.client.get(address).status_code == 404
    assert charlie.client.get(f"/subscription/pay/{request_of(alice).id}/").status_code == 404


def test_questions_of_others_are_asked_and_answered_at_the_moment_of_paying() -> None:
    said: list[tuple[str, bool]] = []
    asked = questions.Question(
        name="no_newsletter",
        label="Geen nieuwsbrief",
        help="",
        answered=lambda actor, value, now: said.append((actor.name, value)),
    )
    alice = owner("Alice")
    with mock.patch.object(questions, "QUESTIONS", [asked]):
        assert "Geen nieuwsbrief" in alice.client.get(BUY).text
        alice.client.post(BUY, form(no_newsletter="on"))
    assert said == [("Alice", True)]


def test_a_refund_without_account_number_asks_for_it(as_role: AsRole) -> None:
    alice = owner("Alice")
    with as_role("worker"), transaction.atomic(), purpose.billing():
        refund = Refund.objects.create(
            customer_id=alice.account.pk,
            cents=500,
            reason="credit",
            state="needs_iban",
            made_on=today(),
            due_on=today() + timedelta(days=14),
        )
    address = f"/subscription/refunds/{refund.id}/"
    assert address in alice.client.get("/subscription/").text
    wrong = alice.client.post(address, {"name": "Alice", "iban": "NL91ABNA0417164301"})
    assert wrong.status_code == 422
    alice.client.post(address, {"name": "Alice", "iban": "NL91 ABNA 0417 1643 00"})
    with inside(alice):
        found = Refund.objects.get()
        assert found.sealed is not None
        assert vault.unseal_note(found.sealed, purpose=SEAL)["iban"] == "NL91ABNA0417164300"
