"""Drafts of invoices and credit notes: everything is written and checked before a number is spent (`issuing`)."""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import Account
from billing import seller
from billing.einvoice import schemas
from billing.einvoice.model import CREDIT, INVOICE, Document, Party
from billing.models import BillingProfile, Invoice
from billing.money import Line, Totals, VatGroup, credit_part, one
from billing.references import make_rf
from billing.services.profiles import next_number
from billing.services.sales import Quote, buyer_of
from billing.vat import keep_until

SERIES = {INVOICE: "WB", CREDIT: "WC"}


@dataclass(frozen=True)
class Draft:
    """A validated document and its row, both without a number: `document.number` stands in for it (`stand_in`).

    Args: ubl, cii: what was validated, with the stand-in where the number will be.
    """

    document: Document
    invoice: Invoice
    ubl: bytes
    cii: bytes


def stand_in(series: str, year: int) -> str:
    """Return what stands for a number in a draft: no text of a customer's holds it, by chance or on purpose."""
    return f"{series}-{year}-{secrets.token_hex(6)}"


def new_rf(now: date) -> str:
    """Return a payment reference for an invoice that no payment request came before."""
    return make_rf(f"FA{now.year}{next_number('billing_invoice_ref_no'):04d}")


def draft_invoice(
    *,
    account: Account,
    profile: BillingProfile,
    quote: Quote,
    start: date,
    end: date,
    now: date,
    due_on: date,
    rf: str,
    paid_on: date | None = None,
    iban_country: str = "",
) -> Draft:
    """Return an invoice of one period, checked; raises schemas.InvalidInvoice.

    Args: start, end: half-open period; paid_on: when it was paid, if before; iban_country: evidence of where the
    customer is.
    """
    evidence = {"billing_country": profile.country} | ({"iban_country": iban_country} if iban_country else {})
    return _draft(
        kind=INVOICE,
        customer_id=account.pk,
        language=account.language,
        buyer=buyer_of(profile),
        buyer_reference=profile.reference or f"K-{profile.customer_no}",
        customer_no=profile.customer_no,
        lines=quote.lines,
        totals=quote.totals,
        treatment=quote.treatment.kind,
        reason=quote.treatment.reason(),
        start=start,
        end=end,
        now=now,
        due_on=due_on,
        rf=rf,
        paid_on=paid_on,
        evidence=evidence,
    )


def draft_credit(*, invoice: Invoice, now: date, net_cents: int | None = None, why: str = "") -> Draft:
    """Return a credit note of an invoice, or of what is left of it, checked.

    All credit notes of one invoice together never exceed it, and give exactly its VAT: each takes the difference
    between the VAT before and after it. Locks the invoice. Args: net_cents: how much to credit ex VAT, default all
    that is left. Raises ValueError when that is nothing or more than is left.
    """
    locked = Invoice.objects.select_for_update().get(pk=invoice.pk)
    before = list(Invoice.objects.filter(credits=locked).values_list("net_cents", "vat_cents"))
    net_before, vat_before = sum(net for net, _vat in before), sum(vat for _net, vat in before)
    net = locked.net_cents - net_before if net_cents is None else net_cents
    if not 0 < net <= locked.net_cents - net_before:
        raise ValueError(f"{net} cents can't be credited of {locked.number}")
    (group,) = (VatGroup.from_json(stored) for stored in locked.vat)
    part = credit_part(group, credited_net=net_before, credited_vat=vat_before, net=net)
    with translation.override(locked.language):
        line = one(
            _("Credit for invoice %(number)s") % {"number": locked.number},
            net,
            category=group.category,
            rate=group.rate,
            description=why,
        )
    return _draft(
        kind=CREDIT,
        customer_id=locked.customer_id,
        language=locked.language,
        buyer=Party(**locked.buyer),
        buyer_reference=locked.buyer_reference,
        customer_no=locked.customer_no,
        lines=(line,),
        totals=Totals((part,)),
        treatment=locked.treatment,
        reason=locked.reason,
        start=None,
        end=None,
        now=now,
        due_on=now,
        rf=locked.rf,
        paid_on=None,
        evidence=locked.evidence,
        credits=locked,
    )


def _draft(
    *,
    kind: str,
    lines: tuple[Line, ...],
    totals: Totals,
    buyer: Party,
    now: date,
    start: date | None,
    end: date | None,
    credits: Invoice | None = None,
    **values: Any,
) -> Draft:
    document = Document(
        kind=kind,
        number=stand_in(SERIES[kind], now.year),
        issued_on=now,
        due_on=values["due_on"],
        seller=seller.seller(),
        buyer=buyer,
        buyer_reference=values["buyer_reference"],
        lines=lines,
        totals=totals,
        iban=seller.iban(),
        bic=seller.bic(),
        rf=values["rf"],
        reason=values["reason"],
        preceding=credits.number if credits else "",
        start=lines[0].start,
        end=lines[0].end,
        paid_on=values["paid_on"],
        language=values["language"],
    )
    as_ubl, as_cii = schemas.validate(document)
    invoice = Invoice(
        id=uuid.uuid4(),
        kind=kind,
        series=SERIES[kind],
        year=now.year,
        issued_on=now,
        period_start=start,
        period_end=end,
        seller=document.seller.as_json(),
        buyer=buyer.as_json(),
        lines=[line.as_json() for line in lines],
        vat=[group.as_json() for group in totals.groups],
        net_cents=totals.net_cents,
        vat_cents=totals.vat_cents,
        gross_cents=totals.gross_cents,
        credits=credits,
        retain_until=keep_until(now, values["treatment"]),
        **values,
    )
    return Draft(document, invoice, as_ubl, as_cii)


def document_of(invoice: Invoice) -> Document:
    """Return an issued invoice as a document again, from what is stored of it."""
    lines = tuple(Line.from_json(stored) for stored in invoice.lines)
    return Document(
        kind=invoice.kind,
        number=invoice.number,
        issued_on=invoice.issued_on,
        due_on=invoice.due_on,
        seller=Party(**invoice.seller),
        buyer=Party(**invoice.buyer),
        buyer_reference=invoice.buyer_reference,
        lines=lines,
        totals=Totals(tuple(VatGroup.from_json(stored) for stored in invoice.vat)),
        iban=seller.iban(),
        bic=seller.bic(),
        rf=invoice.rf,
        reason=invoice.reason,
        preceding=invoice.credits.number if invoice.credits else "",
        start=lines[0].start,
        end=lines[0].end,
        paid_on=invoice.paid_on,
        language=invoice.language,
    )
