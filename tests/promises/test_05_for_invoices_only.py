"""Promise 05: invoicing data is used for addressing invoices only: the database shows it to billing alone."""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, ProgrammingError, transaction
from django.http import Http404

from billing import purpose
from billing.models import (
    Allocation,
    BankLine,
    BillingProfile,
    Invoice,
    PaymentReference,
    PaymentRequest,
    Refund,
)
from billing.selectors import access_invoice, invoices_of
from privacy.datamap import data_map
from tests.billing.working import AsRole, buy, camt, inside, noon, profile, work
from tests.cast import Person, owner
from tests.staff import Hire
from webanizr.core import tenancy
from webanizr.local.place import ROOT

DAY = date(2026, 3, 31)
OURS = (BillingProfile, PaymentRequest, Invoice, PaymentReference, Allocation)
db = pytest.mark.django_db(transaction=True)


@pytest.fixture
def alice(as_role: AsRole, hire: Hire) -> Person:
    """A customer who paid, with an invoice."""
    from billing.services.statements import import_statement

    someone = owner("Alice")
    profile(someone)
    request = buy(someone, now=DAY)
    sam = hire("Sam", "billing")
    with as_role("staff"):
        import_statement(
            data=camt([{"cents": request.gross_cents, "ref": request.rf}], on=DAY), actor=sam, now=noon(DAY)
        )
    work(as_role, on=DAY)
    return someone


@db
def test_without_the_purpose_there_is_no_row(alice: Person) -> None:
    """Alice's own pages, her website's or her inbox's, see none of it: only billing's do."""
    with tenancy.tenant(alice.account.pk, user_id=alice.user.pk):
        for model in OURS:
            assert not model.objects.exists(), model
    with inside(alice):
        for model in OURS:
            assert model.objects.exists(), model


@db
def test_another_customer_sees_none_of_it(alice: Person) -> None:
    charlie = owner("Charlie")
    with inside(alice) as account_id:
        invoice = invoices_of(account_id)[0].invoice
    with inside(charlie):
        for model in OURS:
            assert not model.objects.exists(), model
        with pytest.raises(Http404):
            access_invoice(invoice.id)
        with pytest.raises(DatabaseError), transaction.atomic():
            PaymentReference.objects.create(rf="RF18X", customer_id=alice.account.pk)


@db
def test_support_staff_see_nothing_whatever_they_ask(alice: Person, as_role: AsRole, hire: Hire) -> None:
    helper, sam = hire("Hugo", "support"), hire("Sam", "billing")
    with as_role("staff"):
        with purpose.desk(helper.pk):
            for model in (*OURS, BankLine, Refund):
                assert not model.objects.exists(), model
        with tenancy.tenant(alice.account.pk, user_id=helper.pk), purpose.billing():
            assert not BillingProfile.objects.exists()
        with transaction.atomic(), tenancy.context(account_id=None, user_id=sam.pk):
            assert not Invoice.objects.exists(), "not even billing staff, when they do something else"
        with purpose.desk(sam.pk):
            assert Invoice.objects.exists()
            assert BillingProfile.objects.exists()
            with pytest.raises(DatabaseError), transaction.atomic():
                BillingProfile.objects.update(name="Changed")


@db
@pytest.mark.parametrize("service", ["hosting", "exporter", "eraser"])
def test_other_services_read_no_addresses_of_others(
    alice: Person, service: str, as_role: Callable[[str], AbstractContextManager[Any]]
) -> None:
    with as_role(service):
        for model in (BillingProfile, BankLine, PaymentRequest):
            with contextlib.suppress(ProgrammingError), transaction.atomic(), purpose.billing():  # permission denied
                assert not model.objects.exists()


@db
def test_erasing_takes_the_profile_and_leaves_invoices_without_their_account(alice: Person, as_role: AsRole) -> None:
    """The eraser's own login, along the ways that the data map names."""
    data_map.load()
    with as_role("eraser"), tenancy.tenant(alice.account.pk):
        for model in (PaymentRequest, BillingProfile):
            assert model.objects.filter(account_id=alice.account.pk).delete()[0]
        for book in (Allocation, Refund, PaymentReference, Invoice):
            book.objects.filter(customer_id=alice.account.pk).update(customer_id=None)
        with pytest.raises(DatabaseError), transaction.atomic():
            Invoice.objects.filter(customer_id=None).update(buyer={})
    with inside(alice) as account_id:
        assert not BillingProfile.objects.exists()
        assert invoices_of(account_id) == []
    with as_role("worker"), transaction.atomic(), purpose.billing():
        kept = Invoice.objects.get()
        assert kept.customer_id is None
        assert kept.buyer["name"] == "Bakkerij Jansen V.O.F.", "the invoice itself is kept as it was issued"
        assert kept.retain_until == date(2033, 12, 31)


def test_only_billing_opens_the_purpose() -> None:
    """No other application imports the module that opens it, or names the setting."""
    for folder in ("accounts", "newsletters", "sites", "privacy", "webanizr"):
        for path in Path(ROOT, folder).rglob("*.py"):
            if "migrations" in path.parts or "local" in path.parts:  # local: measuring, in no service
                continue
            source = path.read_text()
            assert "webanizr.purpose" not in source, path
            for node in ast.walk(ast.parse(source)):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
                module = getattr(node, "module", None) or ""
                assert not (module == "billing" and "purpose" in names), path
                assert not module.startswith("billing.purpose"), path


def test_nothing_of_it_goes_to_anybody_outside() -> None:
    data_map.load()
    for label, name, _declaration in data_map.personal():
        if label.startswith("billing."):
            assert data_map.recipients(label, name) == [], f"{label}.{name}"
