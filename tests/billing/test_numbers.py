"""Numbers without a gap, invoices that nobody changes, and a journal that proves both (under the worker's login)."""

from __future__ import annotations

import functools
import json
import multiprocessing
import random
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from dataclasses import replace
from datetime import date
from typing import Any

import psycopg2
import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from psycopg2.extensions import connection as Connection

from billing import purpose, reports
from billing.einvoice import cii, ubl
from billing.models import Invoice, Journal, Series
from billing.references import make_rf
from billing.selectors import profile_of
from billing.services import invoices, issuing, sales
from billing.services.invoices import Draft
from tests.billing.working import AsRole, inside, profile
from tests.cast import Person, owner
from webanizr.local import provision, testing

pytestmark = pytest.mark.django_db(transaction=True)
DAY = date(2026, 5, 4)
PROCESSES, EACH = 8, 20


@pytest.fixture
def alice() -> Person:
    someone = owner("Alice")
    profile(someone)
    return someone


def make_draft(alice: Person, on: date = DAY) -> Draft:
    """A validated draft, made by the worker."""
    with inside(alice) as account_id:
        found = profile_of(account_id)
        assert found is not None
        quote = sales.quote(
            found, plan="plus", interval="month", net_cents=1200, start=on, end=on.replace(month=6), now=on
        )
        return invoices.draft_invoice(
            account=alice.account,
            profile=found,
            quote=quote,
            start=on,
            end=on.replace(month=6),
            now=on,
            due_on=on,
            rf="RF54BV20260417",
        )


def again(draft: Draft, on: date = DAY) -> Draft:
    """The same sale once more, with a row and a reference of its own: two of them wait for nothing but the counter."""
    rf = make_rf(uuid.uuid4().hex[:20].upper())
    values = {field.attname: getattr(draft.invoice, field.attname) for field in Invoice._meta.concrete_fields}
    row = Invoice(**values | {"id": uuid.uuid4(), "rf": rf, "issued_on": on, "due_on": on, "year": on.year})
    document = replace(draft.document, issued_on=on, due_on=on, rf=rf)
    return Draft(document, row, ubl.write(document), cii.write(document))


def issue(alice: Person, draft: Draft) -> Invoice:
    with inside(alice):
        return issuing.issue(draft)


def busy(alice: Person, draft: Draft, seed: int) -> None:
    """One process: issues EACH invoices and takes back every tenth in the middle of it. Ends by itself."""
    connection.close()
    chance = random.Random(seed)
    for _ in range(EACH):
        with inside(alice):
            issuing.issue(again(draft))
            if chance.random() < 0.1:
                transaction.set_rollback(True)
    connection.close()


def test_eight_processes_leave_no_gap_and_no_double(alice: Person, as_role: AsRole) -> None:
    with as_role("worker"):
        draft = make_draft(alice)
        connection.close()
        fork = multiprocessing.get_context("fork")
        running = [fork.Process(target=busy, args=(alice, draft, seed)) for seed in range(PROCESSES)]
        for process in running:
            process.start()
        for process in running:
            process.join(timeout=60)
            assert process.exitcode == 0
        with transaction.atomic(), purpose.billing():
            numbers = list(Invoice.objects.order_by("no").values_list("no", flat=True))
            dates = list(Journal.objects.order_by("no").values_list("issued_on", flat=True))
            problems = list(reports.proof())
    assert numbers == list(range(1, len(numbers) + 1))
    assert PROCESSES * EACH * 0.7 < len(numbers) < PROCESSES * EACH, "some were taken back"
    assert dates == sorted(dates)
    assert problems == []


def test_a_day_before_the_last_number_is_refused(alice: Person, as_role: AsRole) -> None:
    with as_role("worker"):
        draft = make_draft(alice)
        issue(alice, draft)
        with pytest.raises(IntegrityError, match="before the one before it"):
            issue(alice, again(draft, DAY.replace(day=3)))
        later = issue(alice, again(draft, DAY.replace(day=5)))
    assert later.no == 2


def test_a_new_year_starts_at_one(alice: Person, as_role: AsRole) -> None:
    with as_role("worker"):
        draft = make_draft(alice)
        issue(alice, draft)
        assert issue(alice, again(draft, date(2027, 1, 1))).number == "WB-2027-0001"


def test_a_number_comes_from_the_database_alone_and_only_with_its_invoice(alice: Person, as_role: AsRole) -> None:
    with as_role("worker"):
        draft = make_draft(alice)
        for wrong in (
            {"no": 7},
            {"number": "WB-2026-0007"},
            {"number": "not-in-its-XML-12345"},
            {"year": 2027},
        ):
            row = again(draft).invoice
            row.no, row.number, row.sha256 = 0, draft.document.number, b""
            row.ubl, row.cii = draft.ubl.decode(), draft.cii.decode()
            for name, value in wrong.items():
                setattr(row, name, value)
            with pytest.raises(IntegrityError, match="gets its number from the database"), inside(alice):
                row.save(force_insert=True)
        with transaction.atomic(), purpose.billing():
            assert not Series.objects.exists()
        issued = issue(alice, draft)
        assert (issued.no, issued.number) == (1, "WB-2026-0001")
        with transaction.atomic(), purpose.billing():
            stored = Invoice.objects.get()
            assert stored.number in stored.ubl
            assert stored.number in stored.cii
            assert draft.document.number not in stored.ubl + stored.cii
            assert (stored.ubl, stored.cii, bytes(stored.sha256)) == (issued.ubl, issued.cii, bytes(issued.sha256))


def test_sums_that_are_not_those_of_the_lines_are_refused(alice: Person, as_role: AsRole) -> None:
    with as_role("worker"):
        draft = make_draft(alice)
        draft.invoice.net_cents += 1
        draft.invoice.gross_cents += 1
        with pytest.raises(IntegrityError, match="not those of its lines"):
            issue(alice, draft)


@pytest.mark.parametrize(
    "change",
    [
        {"buyer": {"name": "Somebody else"}},
        {"gross_cents": 1},
        {"issued_on": date(2020, 1, 1)},
        {"ubl": "<x/>"},
        {"no": 99},
        {"retain_until": date(2020, 1, 1)},
        {"customer_id": uuid.uuid4()},
    ],
    ids=lambda change: next(iter(change)),
)
def test_an_issued_invoice_can_not_be_changed(alice: Person, as_role: AsRole, change: dict[str, Any]) -> None:
    """Not by the worker's login; and the trigger refuses it to a superuser too, whom no rule of rows holds back."""
    with as_role("worker"):
        invoice = issue(alice, make_draft(alice))
        with pytest.raises(DatabaseError), transaction.atomic(), purpose.billing():
            Invoice.objects.filter(id=invoice.id).update(**change)
    ((name, value),) = change.items()
    admin = provision.connect(provision.with_path(testing.current().admin_url, testing.current().database))
    with closing(admin), admin.cursor() as cursor:
        wanted = json.dumps(value) if isinstance(value, dict) else value if isinstance(value, int) else str(value)
        with pytest.raises(psycopg2.IntegrityError, match="was issued and can not be changed"):
            cursor.execute(f"UPDATE billing_invoice SET {name} = %s WHERE id = %s", [wanted, str(invoice.id)])


def test_an_invoice_goes_only_after_its_term_and_leaves_its_mark(alice: Person, as_role: AsRole) -> None:
    with as_role("worker"):
        draft = make_draft(alice)
        kept = issue(alice, draft)
        old = again(draft, date(2016, 5, 4))
        old.invoice.retain_until = date(2023, 12, 31)
        old = replace(old, invoice=issue(alice, old))
        with (
            pytest.raises(DatabaseError, match="must be kept until 2033-12-31"),
            transaction.atomic(),
            purpose.billing(),
        ):
            Invoice.objects.filter(id=kept.id).delete()
        with transaction.atomic(), purpose.billing():
            Invoice.objects.filter(id=old.invoice.id).delete()
        with transaction.atomic(), purpose.billing():
            assert Journal.objects.get(year=2016).erased_on is not None
            assert list(reports.proof()) == []


def test_nobody_writes_the_journal_or_the_counter_but_the_database_itself(
    alice: Person, as_role: Callable[[str], AbstractContextManager[Any]]
) -> None:
    with as_role("worker"):
        issue(alice, make_draft(alice))
        for rows in (Journal.objects.all(), Series.objects.all()):
            for act in (rows.delete, functools.partial(rows.update, year=1)):
                with pytest.raises(DatabaseError), transaction.atomic(), purpose.billing():
                    act()


def test_the_proof_finds_what_was_tampered_with(
    alice: Person, as_role: AsRole, role_connection: Callable[[str], Connection]
) -> None:
    with as_role("worker"):
        draft = make_draft(alice)
        for _ in range(3):
            issue(alice, again(draft))
    admin = provision.connect(provision.with_path(testing.current().admin_url, testing.current().database))
    with admin.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # a superuser passes by every trigger
        cursor.execute("UPDATE billing_invoice SET ubl = replace(ubl, 'Jansen', 'Janssen') WHERE no = 2")
        cursor.execute("DELETE FROM billing_journal WHERE no = 1")
    admin.close()
    with as_role("worker"), transaction.atomic(), purpose.billing():
        problems = list(reports.proof())
    assert any(problem.startswith("WB-2026-0002: the invoice isn't") for problem in problems)
    assert any("missing" in problem for problem in problems)
    assert any("chain" in problem for problem in problems)
