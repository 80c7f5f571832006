"""Our own checks, exact to the cent, and the rules of NLCIUS.

The official Schematron is no arithmetic check: VAT that is 0.90 off, a line that isn't quantity times price and a wrong
VAT id all pass it. These run on the written XML, read back, so that a writer's mistake shows as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

from lxml import etree

from billing.einvoice.model import Document
from billing.einvoice.ubl import CAC, CBC, CORE, NLCIUS
from billing.identifiers import EU
from billing.money import EURO, round_cents, vat_cents
from billing.references import is_rf

NS = {"cac": CAC, "cbc": CBC}
Element = Any  # lxml comes without types


def check(document: Document, ubl: bytes) -> list[str]:
    """Return what is wrong with the document and its UBL; an empty list means all is well."""
    root = etree.fromstring(ubl, parser=etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
    return [*_model(document), *_arithmetic(root, document), *_nlcius(root)]


def _model(document: Document) -> Iterator[str]:
    if document.totals.gross_cents < 0 or document.totals.net_cents < 0:
        yield "W-01: the total may not be negative: that is what a credit note is for"
    if not document.lines:
        yield "W-02: there is no line"
    if document.credit and not document.preceding:
        yield "W-03: a credit note names the invoice that it credits"
    if document.credit and any(line.quantity <= 0 for line in document.lines):
        yield "W-04: the lines of a credit note are positive"
    if not document.credit and not is_rf(document.rf):
        yield "W-05: the payment reference is no RF reference"
    if document.due_on < document.issued_on:
        yield "W-06: it is due before it is issued"
    categories = {line.category for line in document.lines}
    if len(categories) > 1 or not categories <= {"S", "AE", "O"}:
        yield "W-07: one sale has one VAT treatment"
    if "AE" in categories and (document.buyer.country not in EU - {"NL"} or not document.buyer.vat_id):
        yield "W-08: reverse charge needs a VAT id of another EU country"
    if categories & {"AE", "O"} and not document.reason:
        yield "W-09: without VAT the reason is said"
    if any((line.rate > 0) != (line.category == "S") for line in document.lines):
        yield "W-10: a rate goes with category S, and with no other"
    for group in document.groups:
        if (group.carry_cents and not document.credit) or abs(group.carry_cents) > 1:
            yield "W-11: only a credit note carries a cent of rounding"


def _cents(parent: Element, path: str) -> int:
    text = parent.findtext(path, namespaces=NS)
    try:
        value = Decimal(text or "") * EURO
    except InvalidOperation:
        return -(10**12)
    return int(value) if value == value.to_integral_value() else -(10**12)


def _number(parent: Element, path: str) -> Decimal:
    text = parent.findtext(path, namespaces=NS)
    return Decimal(text) if text else Decimal(0)


def _arithmetic(root: Element, document: Document) -> Iterator[str]:
    carries = {(g.category, g.rate): g.carry_cents for g in document.groups}
    bases: dict[tuple[str | None, Decimal], int] = {}
    for line in [*root.iterfind("cac:InvoiceLine", NS), *root.iterfind("cac:CreditNoteLine", NS)]:
        net = _cents(line, "cbc:LineExtensionAmount")
        quantity = _number(line, "cbc:InvoicedQuantity") or _number(line, "cbc:CreditedQuantity")
        price = _number(line, "cac:Price/cbc:PriceAmount")
        if net != round_cents(quantity * price * EURO):
            yield f"A-01: a line of {net} cents is not {quantity} × {price}"
        tax = "cac:Item/cac:ClassifiedTaxCategory/"
        key = (line.findtext(f"{tax}cbc:ID", namespaces=NS), _number(line, f"{tax}cbc:Percent"))
        bases[key] = bases.get(key, 0) + net
    groups: dict[tuple[str | None, Decimal], int] = {}
    vat = 0
    for group in root.iterfind("cac:TaxTotal/cac:TaxSubtotal", NS):
        category = group.findtext("cac:TaxCategory/cbc:ID", namespaces=NS)
        rate = _number(group, "cac:TaxCategory/cbc:Percent")
        groups[category, rate] = base = _cents(group, "cbc:TaxableAmount")
        amount = _cents(group, "cbc:TaxAmount")
        vat += amount
        wanted = vat_cents(base, rate) + carries.get((category or "", rate), 0)
        if amount != wanted:
            yield f"A-02: VAT of {amount} cents over {base} is not {rate} % ({wanted})"
    if groups != bases:
        yield f"A-03: the VAT groups {groups} are not the sums of the lines {bases}"
    if _cents(root, "cac:TaxTotal/cbc:TaxAmount") != vat:
        yield "A-04: the VAT total is not the sum of its groups"
    sums = root.find("cac:LegalMonetaryTotal", NS)
    assert sums is not None
    net = _cents(sums, "cbc:LineExtensionAmount")
    gross = _cents(sums, "cbc:TaxInclusiveAmount")
    if net != sum(bases.values()) or net != _cents(sums, "cbc:TaxExclusiveAmount"):
        yield "A-05: the total without VAT is not the sum of the lines"
    if gross != net + vat:
        yield "A-06: the total with VAT is not the total without it plus VAT"
    prepaid = _cents(sums, "cbc:PrepaidAmount") if sums.find("cbc:PrepaidAmount", NS) is not None else 0
    if _cents(sums, "cbc:PayableAmount") != gross - prepaid:
        yield "A-07: what is to be paid is not the total less what was paid"
    if (net, vat, gross) != (document.totals.net_cents, document.totals.vat_cents, document.totals.gross_cents):
        yield "A-08: the XML's totals are not the stored ones"


def _nlcius(root: Element) -> Iterator[str]:
    """Rules BR-NL-1 … 13 of SI-UBL 2.0 (NEN), as far as our documents can break them."""
    credit = etree.QName(root).localname == "CreditNote"
    specification = root.findtext("cbc:CustomizationID", namespaces=NS)
    if specification == CORE:
        return
    if specification != NLCIUS:
        yield "BR-NL-0: an unknown specification"
    kvk = "cac:Party/cac:PartyLegalEntity/cbc:CompanyID"
    seller = root.find("cac:AccountingSupplierParty", NS)
    buyer = root.find("cac:AccountingCustomerParty", NS)
    assert seller is not None
    assert buyer is not None
    address = "cac:Party/cac:PostalAddress/"
    country = buyer.findtext(f"{address}cac:Country/cbc:IdentificationCode", namespaces=NS)
    number = seller.find(kvk, NS)
    if number is None or number.get("schemeID") not in ("0106", "0190") or not number.text:
        yield "BR-NL-1: a Dutch seller names its KvK number"
    if not root.findtext("cbc:BuyerReference", namespaces=NS):
        yield "BR-NL-2: the buyer's reference is missing"
    for side, rule in ((seller, "BR-NL-3"), (buyer, "BR-NL-4")):
        for part in ("StreetName", "CityName", "PostalZone"):
            if not side.findtext(f"{address}cbc:{part}", namespaces=NS):
                yield f"{rule}: {part} is missing"
    code = root.findtext(f"cbc:{'CreditNote' if credit else 'Invoice'}TypeCode", namespaces=NS)
    if code != ("381" if credit else "380"):
        yield "BR-NL-8: 381 is a CreditNote, 380 an Invoice"
    if credit and not root.findtext("cac:BillingReference/cac:InvoiceDocumentReference/cbc:ID", namespaces=NS):
        yield "BR-NL-9: the credited invoice is missing"
    number = buyer.find(kvk, NS)
    if country == "NL" and (number is None or number.get("schemeID") not in ("0106", "0190")):
        yield "BR-NL-10: a Dutch buyer has a KvK number or an OIN"
    means = root.find("cac:PaymentMeans", NS)
    if means is None and not credit:
        yield "BR-NL-11: how to pay is missing"
    if means is not None and means.findtext("cbc:PaymentMeansCode", namespaces=NS) not in (
        "30",
        "48",
        "49",
        "57",
        "58",
    ):
        yield "BR-NL-12: this way of paying is not used in the Netherlands"
