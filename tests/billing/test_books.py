"""Reports for the tax office, reminders, VAT ids, retention and the desk, under the real logins."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from accounts.models import User
from billing import purpose, reports
from billing.erasing import invoices_kept
from billing.models import BillingProfile, Invoice, Journal, Reminder
from billing.selectors import invoices_of
from billing.services import retention
from billing.services.desk import order_credit
from billing.services.errors import BillingError
from billing.services.profiles import record_vat_check
from billing.services.reminders import collection_cents
from billing.services.statements import import_statement
from privacy.datamap import Scope
from privacy.erasure.hooks import Hold
from privacy.erasure.subjects import Subject
from tests.billing.working import AsRole, buy, camt, inside, nightly, noon, profile, work
from tests.cast import Person, owner
from tests.staff import Desk, Hire
from webanizr.core import storage
from webanizr.core.models import Mail

pytestmark = pytest.mark.django_db(transaction=True)
DAY = date(2026, 3, 31)
GERMAN = {"country": "DE", "postcode": "50667", "city": "Köln", "vat_id": "DE136695976", "kvk": ""}


def invoiced(as_role: AsRole, name: str, verified: User | None = None, /, **values: str) -> tuple[Person, Invoice]:
    """A business on terms, with its invoice of 290.00 ex VAT."""
    someone = owner(name)
    profile(someone, **values)
    if verified is not None:
        with as_role("staff"):
            record_vat_check(
                account_id=someone.account.pk, outcome="valid", reference="W1", actor=verified, now=timezone.now()
            )
    buy(someone, now=DAY, plan="business", terms=True)
    work(as_role, on=DAY)
    with inside(someone) as account_id:
        return someone, invoices_of(account_id)[0].invoice


def test_a_quarter_for_the_tax_office(as_role: AsRole, hire: Hire, monkeypatch: pytest.MonkeyPatch) -> None:
    sam = hire("Sam", "billing")
    invoiced(as_role, "Alice")
    _charlie, credited = invoiced(as_role, "Charlie")
    greta, german = invoiced(as_role, "Greta", sam, **GERMAN)
    _hans, unverified = invoiced(as_role, "Hans", None, **GERMAN)
    invoiced(as_role, "Acme", country="GB", postcode="SW1A 1AA", city="London", vat_id="GB980780684", kvk="")
    with monkeypatch.context() as registered:
        registered.setenv("BILLING_OSS", "1")
        jonas, oss = invoiced(as_role, "Jonas", None, **GERMAN | {"vat_id": ""})
    with as_role("staff"):
        order_credit(invoice_id=credited.id, net_cents=10_000, actor=sam)
        with pytest.raises(BillingError):
            order_credit(invoice_id=credited.id, net_cents=29_001, actor=sam)
    work(as_role, on=DAY)
    assert (german.treatment, german.vat_cents, german.buyer["vat_id"]) == ("reverse", 0, "DE136695976")
    assert (unverified.treatment, unverified.vat_cents) == ("nl", 6090), "an id that nobody looked up gives no 0 %"
    assert (oss.treatment, oss.vat_cents, oss.retain_until) == ("oss", 5510, date(2036, 12, 31))
    with as_role("staff"), purpose.desk(sam.pk):
        found = reports.vat_return(2026, 1)
        boxes = {code: (box.base_cents, box.vat_cents) for code, box in found.boxes.items()}
        assert boxes == {"1a": (3 * 29_000 - 10_000, 3 * 6090 - 2100), "1e": (29_000, 0), "3b": (29_000, 0)}
        assert found.due_cents == 16_170
        assert reports.icp(2026, 1) == [("DE", "DE136695976", 29_000)]
        assert reports.oss(2026, 1) == [("DE", "19", 29_000, 5510)]
        assert reports.eu_consumer_cents(2026) == 58_000
        assert not reports.near_threshold(2026)
        assert reports.vat_return(2026, 2).due_cents == 0
        packed = reports.ubl_zip(*reports.quarter(2026, 1))
        assert packed.startswith(b"PK")
        assert list(reports.proof()) == []
    with as_role("worker"), transaction.atomic(), purpose.billing():
        rates = {row.treatment: row.evidence for row in Invoice.objects.all()}
        assert rates["oss"] == {"billing_country": "DE"}
    with as_role("eraser"), transaction.atomic():
        leaving = {who: invoices_kept(Subject(Scope.ACCOUNT, who.account.pk, who.account.pk)) for who in (jonas, greta)}
    assert leaving[jonas] == [Hold("invoices", 1, "artikel 369k btw-richtlijn", date(2036, 12, 31))]
    assert leaving[greta] == [Hold("invoices", 1, "artikel 52 AWR", date(2033, 12, 31))]


def test_reminders_go_once_and_only_when_we_know(as_role: AsRole, hire: Hire) -> None:
    alice, invoice = invoiced(as_role, "Alice")

    def letters() -> int:
        with as_role("worker"), inside(alice):
            return Mail.objects.filter(template="mail/payment_reminder").count()

    nightly(as_role, invoice.due_on + timedelta(days=4))
    assert letters() == 0, "no statement since the term: perhaps it was paid"
    with as_role("staff"):
        late = invoice.due_on + timedelta(days=4)
        import_statement(
            data=camt([{"cents": 1, "text": "rente"}], on=late), actor=hire("Sam", "billing"), now=noon(late)
        )
    sent = []
    for days in (2, 5, 6, 9, 10, 11, 17, 18, 25):
        nightly(as_role, invoice.due_on + timedelta(days=days))
        sent.append(letters())
    assert sent == [0, 1, 1, 1, 2, 2, 3, 3, 3]
    with as_role("worker"), inside(alice):
        assert sorted(Reminder.objects.values_list("step", flat=True)) == [1, 2, 3]


def test_the_desk_follows_who_is_late_and_what_was_written(as_role: AsRole, hire: Hire, desk: Desk) -> None:
    _alice, late = invoiced(as_role, "Alice", name="Bakkerij Alice")
    _bob, paid = invoiced(as_role, "Bob", name="Bobs fietsen")
    sam = hire("Sam", "billing")
    day = late.due_on + timedelta(days=4)

    def page() -> str:
        with desk(sam) as browser:
            return " ".join(browser.get("/billing/reminders/").text.split())

    first = page()
    assert "Waits for a statement" in first
    assert "Bobs fietsen" in first, "whether it was paid isn't known yet"
    lines: list[dict[str, Any]] = [{"cents": paid.gross_cents, "ref": paid.rf}]
    with as_role("staff"):
        import_statement(data=camt(lines, on=day), actor=sam, now=noon(day))
    work(as_role, on=day)
    nightly(as_role, day)
    then = page()
    assert late.number in then
    assert "Bakkerij Alice" in then
    assert f"1: {day.day} " in then, "the first one went that day"
    assert "Bobs fietsen" not in then
    for days in (10, 17):
        nightly(as_role, late.due_on + timedelta(days=days))
    assert "All sent: decide" in page()


@pytest.mark.parametrize(
    ("sum_cents", "costs"),
    [(1_000, 4_000), (26_666, 4_000), (100_000, 15_000), (250_000, 37_500), (500_000, 62_500), (10**9, 677_500)],
)
def test_collection_costs_are_those_of_the_law(sum_cents: int, costs: int) -> None:
    assert collection_cents(sum_cents) == costs


def test_invoices_go_after_their_term_with_their_files(as_role: AsRole) -> None:
    _alice, invoice = invoiced(as_role, "Alice")
    assert invoice.pdf_key
    with as_role("worker"):
        assert retention.erase_expired(now=date(2033, 12, 31)) == 0
        assert storage.get(invoice.pdf_key).startswith(b"%PDF")
        with pytest.raises(Exception, match="must be kept until"):
            retention.erase_expired(now=date(2034, 1, 1))  # the database has its own clock
        with transaction.atomic(), purpose.billing():
            assert Journal.objects.get().erased_on is None


def test_a_vat_id_is_checked_anew_when_it_changes(as_role: AsRole, hire: Hire) -> None:
    sam = hire("Sam", "billing")
    greta = owner("Greta")
    profile(greta, **GERMAN)
    with as_role("staff"):
        record_vat_check(account_id=greta.account.pk, outcome="valid", reference="W1", actor=sam, now=timezone.now())
        record_vat_check(
            account_id=greta.account.pk,
            outcome="invalid",
            reference="",
            actor=hire("Hugo", "support"),
            now=timezone.now(),
        )
    with inside(greta):
        assert BillingProfile.objects.get().vat_check == "valid", "support can't"
    profile(greta, **GERMAN | {"vat_id": "DE129273398"})
    with inside(greta):
        assert BillingProfile.objects.get().vat_check == "unknown"


def test_the_desk_is_for_billing_only(
    as_role: Callable[[str], AbstractContextManager[Any]], hire: Hire, desk: Desk
) -> None:
    pages = ["/billing/", "/billing/invoices/", "/billing/reminders/", "/billing/refunds/", "/billing/reports/"]
    with desk(hire("Hugo", "support")) as browser:
        assert {browser.get(page).status_code for page in pages} == {403}
    with desk(hire("Sam", "billing")) as browser:
        assert {browser.get(page).status_code for page in pages} == {200}
        assert browser.get("/billing/reports/ubl.zip?q=2026-1").content.startswith(b"PK")
        assert browser.post("/billing/refunds/export/").status_code == 302
    with as_role("staff"):
        assert Client().get("/billing/").status_code == 302


def test_the_threshold_warns_in_time() -> None:
    assert Decimal(800_000) == reports.WARN_AT * reports.OSS_THRESHOLD_CENTS


def test_the_desk_looks_back_at_statements_and_their_lines(as_role: AsRole, hire: Hire, desk: Desk) -> None:
    _alice, invoice = invoiced(as_role, "Alice")
    sam = hire("Sam", "billing")
    lines: list[dict[str, Any]] = [
        {"cents": invoice.gross_cents, "ref": invoice.rf, "name": "Bakkerij Alice"},
        {"cents": 999, "text": "website nov", "name": "K. Jansen"},
    ]
    with as_role("staff"):
        found = import_statement(data=camt(lines, on=DAY, name="S77"), actor=sam, now=noon(DAY))
    work(as_role, on=DAY)
    with desk(sam) as browser:
        assert "S77" in browser.get("/billing/statements/").text
        address = f"/billing/statements/{found.statement.id}/"
        page = browser.get(address).text
        for words in (
            "Bakkerij Alice",
            invoice.number,
            "K. Jansen",
            "website nov",
            "Booked (1)",
            "nothing recognised (1)",
        ):
            assert words in page, words
        page = browser.get(f"{address}?state=unmatched").text
        assert "K. Jansen" in page
        assert "Bakkerij Alice" not in page
        assert browser.get(f"{address}?state=lost").status_code == 404
        assert browser.get(f"/billing/invoices/{invoice.id}/pdf/").content.startswith(b"%PDF")
        found_by = [browser.get(f"/billing/invoices/?q={q}").text for q in (invoice.number[3:], "jansen", "nobody")]
        assert [invoice.number in page for page in found_by] == [True, True, False]
        waits = browser.get("/billing/").text
        line_id = waits.split("/billing/lines/")[1].split("/")[0]
        refused = browser.post(f"/billing/lines/{line_id}/", {"act": "assign", "names": "WB-2026-9999"})
        assert refused.status_code == 422
        assert 'value="WB-2026-9999"' in refused.text, "what was typed stays"
        assert "is no number of an invoice" in refused.text
    with desk(hire("Sandra", "support")) as browser:
        assert browser.get(f"/billing/invoices/{invoice.id}/pdf/").status_code == 403
        assert browser.get("/billing/statements/").status_code == 403
        assert browser.get(address).status_code == 403
