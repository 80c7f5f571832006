"""Promise 04: invoicing data is asked when an account goes from free to paid, and not before."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client

from accounts.forms import SignupForm
from billing.forms import ProfileForm
from billing.models import BillingProfile, PaymentRequest
from billing.selectors import plan_of
from billing.services.errors import BillingError
from tests.billing.working import buy, inside, profile
from tests.cast import owner

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 31)


def test_a_free_account_has_no_invoicing_data() -> None:
    charlie = owner("Charlie")
    with inside(charlie) as account_id:
        assert plan_of(account_id).code == "free"
        assert not BillingProfile.objects.exists()


def test_signing_up_asks_none_of_it() -> None:
    asked = set(SignupForm.base_fields)
    assert asked.isdisjoint(set(ProfileForm.base_fields) - {"name"})
    page = Client().get("/signup/").content.decode()
    for field in ("street", "postcode", "vat_id", "kvk", "country"):
        assert f'name="{field}"' not in page


def test_buying_needs_it() -> None:
    alice = owner("Alice")
    with pytest.raises(BillingError, match="factuur"):
        buy(alice, now=DAY)
    with inside(alice):
        assert not PaymentRequest.objects.exists()
    profile(alice)
    assert buy(alice, now=DAY).gross_cents == 14_520


def test_it_asks_what_addressing_an_invoice_needs() -> None:
    """Name and address, what the law wants on it, and the customer's own reference: no phone, no birthday."""
    assert set(ProfileForm.base_fields) == {
        "kind",
        "name",
        "street",
        "postcode",
        "city",
        "country",
        "kvk",
        "vat_id",
        "reference",
    }
    given = {"id", "account", "vat_check", "vat_checked_at", "vat_check_reference", "customer_no", "changed_at"}
    assert {field.name for field in BillingProfile._meta.local_concrete_fields} == set(ProfileForm.base_fields) | given
