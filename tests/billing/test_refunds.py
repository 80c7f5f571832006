"""Money that goes back: into a checked file, recognised when paid; and payers are forgotten."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction

from billing import purpose
from billing.models import BankLine, PaymentRequest, Refund
from billing.selectors import invoices_of
from billing.services import refunds, requests, statements
from billing.services.errors import BillingError
from billing.services.profiles import record_vat_check
from billing.services.retention import purge_payers
from tests.billing.bank import DAY, Sam, one, states
from tests.billing.working import AsRole, buy, inside, nightly, noon, profile, request_of, subscription, work
from tests.cast import owner
from webanizr.core.models import Mail

pytestmark = pytest.mark.django_db(transaction=True)


def test_payers_are_forgotten_after_thirty_days(as_role: AsRole, sam: Sam) -> None:
    sam.reads(one(text="Een tekst", name="Vera"))
    with as_role("worker"):
        assert purge_payers(now=DAY + timedelta(days=30)) == 0
        assert purge_payers(now=DAY + timedelta(days=31)) == 1
        with transaction.atomic(), purpose.billing():
            line = BankLine.objects.get()
            assert line.payer is None
            assert line.payer_country == "NL"
            assert line.payer_hash is not None
    (waiting,) = sam.does(statements.queue)
    assert (waiting.name, waiting.text) == ("", "")


def test_a_refund_goes_into_a_checked_file_and_is_recognised_when_paid(as_role: AsRole, sam: Sam) -> None:
    alice = owner("Alice")
    profile(alice)
    buy(alice, now=DAY)
    sam.reads(one(cents=15_000, ref=request_of(alice).rf, name="<Alice> & Zn", iban="NL20INGB0001234567"))
    data, count = sam.does(refunds.export, now=noon(DAY))
    assert count == 1
    assert b"NL20INGB0001234567" in data
    assert b"4.80" in data
    with pytest.raises(BillingError, match="niets terug"):
        sam.does(refunds.export, now=noon(DAY))
    with inside(alice):
        refund = Refund.objects.get()
    assert refund.state == "exported"
    sam.reads({"cents": -480, "e2e": refunds.end_to_end(refund)}, on=DAY + timedelta(days=1))
    with inside(alice):
        refund = Refund.objects.get()
        assert (refund.state, refund.sealed) == ("paid", None), "where it went is forgotten"


def test_a_line_that_is_not_a_customers_is_left_or_sent_back(as_role: AsRole, sam: Sam) -> None:
    sam.reads(one(text="rente", cents=12), one(text="vergissing", cents=1_000))
    newest = {row.text: row.line.id for row in sam.does(statements.queue)}
    sam.does(statements.ignore, line_id=newest["rente"])
    sam.does(statements.send_back, line_id=newest["vergissing"], now=noon(DAY))
    assert sam.does(statements.queue) == []
    assert sorted(states(as_role)) == ["ignored", "refunded"]
    assert sam.does(refunds.export, now=noon(DAY))[1] == 1


def test_a_part_goes_back_when_the_request_runs_out_and_the_whole_sum_still_starts_the_plan(
    as_role: AsRole, sam: Sam
) -> None:
    alice = owner("Alice")
    profile(alice)
    request = buy(alice, now=DAY)
    sam.reads(one(cents=10_000, ref=request.rf))
    late = DAY + timedelta(days=15)
    nightly(as_role, late)
    nightly(as_role, late)
    with inside(alice):
        refund = Refund.objects.get()
    assert (refund.cents, refund.reason, refund.state) == (10_000, "not_sold", "open")
    sam.reads(one(cents=4_520, ref=request.rf), on=late)
    with inside(alice):
        assert sorted(Refund.objects.values_list("cents", flat=True)) == [4_520, 10_000], "too little, too late"
    assert subscription(alice).state == "free"
    sam.reads(one(cents=14_520, ref=request.rf), on=late)
    assert subscription(alice).state == "active"
    with inside(alice):
        assert Refund.objects.count() == 2


def test_a_part_goes_back_when_the_customer_takes_the_request_back_or_chooses_anew(as_role: AsRole, sam: Sam) -> None:
    alice = owner("Alice")
    profile(alice)
    first = buy(alice, now=DAY)
    sam.reads(one(cents=10_000, ref=first.rf))
    second = buy(alice, now=DAY, interval="month")
    sam.reads(one(cents=1_000, ref=second.rf))
    requests.cancel_request(request=request_of(alice), actor=alice.user, now=DAY)
    work(as_role, on=DAY)
    with inside(alice):
        assert sorted(Refund.objects.values_list("cents", "reason")) == [(1_000, "not_sold"), (10_000, "not_sold")]
        assert set(PaymentRequest.objects.values_list("state", flat=True)) == {"cancelled"}
    assert sam.does(refunds.export, now=noon(DAY))[1] == 2


def test_a_file_that_the_bank_refused_goes_again_or_the_customer_is_asked_for_another_account(
    as_role: AsRole, sam: Sam
) -> None:
    alice = owner("Alice")
    profile(alice)
    sam.reads(one(cents=15_000, ref=buy(alice, now=DAY).rf))
    assert sam.does(refunds.export, now=noon(DAY))[1] == 1
    with inside(alice):
        refund = Refund.objects.get()
    sam.does(refunds.put_back, refund_id=refund.id, ask=False)
    assert sam.does(refunds.export, now=noon(DAY))[1] == 1, "into the next file"
    sam.does(refunds.put_back, refund_id=refund.id, ask=True)
    with pytest.raises(BillingError, match="niets terug"):
        sam.does(refunds.export, now=noon(DAY))
    work(as_role, on=DAY)
    with as_role("worker"), inside(alice):
        refund = Refund.objects.get()
        assert (refund.state, refund.sealed) == ("needs_iban", None)
        assert Mail.objects.filter(template="mail/refund_account").count() == 1
    with pytest.raises(BillingError, match="bestand voor de bank"):
        sam.does(refunds.put_back, refund_id=refund.id, ask=True)


def test_vat_that_is_no_longer_due_when_the_money_comes_goes_back(as_role: AsRole, sam: Sam) -> None:
    """Greta pays 145.20 for her request; meanwhile billing staff found her German VAT id to be right."""
    greta = owner("Greta")
    profile(greta, country="DE", postcode="50667", city="Köln", vat_id="DE136695976", kvk="")
    request = buy(greta, now=DAY)
    sam.reads(one(cents=14_000, ref=request.rf))
    sam.does(record_vat_check, account_id=greta.account.pk, outcome="valid", reference="W1", now=noon(DAY))
    sam.reads(one(cents=600, ref=request.rf, bank_ref="later"))
    with inside(greta) as account_id:
        (row,) = invoices_of(account_id)
        assert (row.invoice.gross_cents, row.invoice.vat_cents, row.open_cents) == (12_000, 0, 0)
        assert sum(Refund.objects.values_list("cents", flat=True)) == 14_600 - 12_000
        assert {refund.state for refund in Refund.objects.all()} == {"open"}
