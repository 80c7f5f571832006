"""Writes a document as UBL 2.1: SI-UBL 2.0 for Dutch businesses, plain EN 16931 for all others.

A Dutch consumer has no KvK number, which NLCIUS demands (BR-NL-10): such an invoice names the core standard alone.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from lxml import etree

from billing.einvoice.model import Document, Party
from billing.money import euros, plain

CORE = "urn:cen.eu:en16931:2017"
NLCIUS = f"{CORE}#compliant#urn:fdc:nen.nl:nlcius:v1.0"
CAC = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
CBC = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"
SCHEME_KVK = "0106"

Element = Any  # lxml comes without types


def customization(document: Document) -> str:
    """Return the specification that the document says it follows (BT-24)."""
    dutch = document.buyer.country == "NL"
    return CORE if dutch and not document.buyer.kvk else NLCIUS


def write(document: Document) -> bytes:
    """Return the document as UBL. Texts are escaped by lxml; characters that XML forbids raise ValueError."""
    return Writer(document).write()


class Writer:
    """Builds one UBL tree."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.name = "CreditNote" if document.credit else "Invoice"
        space = f"urn:oasis:names:specification:ubl:schema:xsd:{self.name}-2"
        self.root = etree.Element(f"{{{space}}}{self.name}", nsmap={None: space, "cac": CAC, "cbc": CBC})

    def write(self) -> bytes:
        """Return the bytes."""
        self._head()
        self._party("AccountingSupplierParty", self.document.seller)
        self._party("AccountingCustomerParty", self.document.buyer)
        self._payment()
        self._tax()
        self._sums()
        self._lines()
        return bytes(etree.tostring(self.root, xml_declaration=True, encoding="UTF-8"))

    @staticmethod
    def _cbc(parent: Element, name: str, text: str, **attributes: str) -> None:
        etree.SubElement(parent, f"{{{CBC}}}{name}", attributes).text = text

    @staticmethod
    def _cac(parent: Element, name: str) -> Element:
        return etree.SubElement(parent, f"{{{CAC}}}{name}")

    def _amount(self, parent: Element, name: str, cents: int) -> None:
        self._cbc(parent, name, str(euros(cents)), currencyID="EUR")

    def _period(self, parent: Element, start: date | None, end: date | None) -> None:
        if start and end:
            period = self._cac(parent, "InvoicePeriod")
            self._cbc(period, "StartDate", start.isoformat())
            self._cbc(period, "EndDate", end.isoformat())

    def _head(self) -> None:
        document, root = self.document, self.root
        self._cbc(root, "CustomizationID", customization(document))
        self._cbc(root, "ProfileID", "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0")
        self._cbc(root, "ID", document.number)
        self._cbc(root, "IssueDate", document.issued_on.isoformat())
        if not document.credit:
            self._cbc(root, "DueDate", document.due_on.isoformat())
        self._cbc(root, f"{self.name}TypeCode", "381" if document.credit else "380")
        if document.note:
            self._cbc(root, "Note", document.note)
        self._cbc(root, "DocumentCurrencyCode", "EUR")
        self._cbc(root, "BuyerReference", document.buyer_reference)
        self._period(root, document.start, document.end)
        if document.preceding:
            reference = self._cac(self._cac(root, "BillingReference"), "InvoiceDocumentReference")
            self._cbc(reference, "ID", document.preceding)

    def _party(self, tag: str, who: Party) -> None:
        party = self._cac(self._cac(self.root, tag), "Party")
        address = self._cac(party, "PostalAddress")
        self._cbc(address, "StreetName", who.street)
        self._cbc(address, "CityName", who.city)
        self._cbc(address, "PostalZone", who.postcode)
        self._cbc(self._cac(address, "Country"), "IdentificationCode", who.country)
        if who.vat_id and not self.document.outside:
            scheme = self._cac(party, "PartyTaxScheme")
            self._cbc(scheme, "CompanyID", who.vat_id)
            self._cbc(self._cac(scheme, "TaxScheme"), "ID", "VAT")
        legal = self._cac(party, "PartyLegalEntity")
        self._cbc(legal, "RegistrationName", who.name)
        if who.kvk:
            self._cbc(legal, "CompanyID", who.kvk, schemeID=SCHEME_KVK)

    def _payment(self) -> None:
        document = self.document
        if document.credit:
            return
        means = self._cac(self.root, "PaymentMeans")
        self._cbc(means, "PaymentMeansCode", "58")  # SEPA credit transfer
        self._cbc(means, "PaymentID", document.rf)
        account = self._cac(means, "PayeeFinancialAccount")
        self._cbc(account, "ID", document.iban)
        self._cbc(account, "Name", document.seller.name)

    def _tax(self) -> None:
        total = self._cac(self.root, "TaxTotal")
        self._amount(total, "TaxAmount", self.document.totals.vat_cents)
        for group in self.document.groups:
            part = self._cac(total, "TaxSubtotal")
            self._amount(part, "TaxableAmount", group.base_cents)
            self._amount(part, "TaxAmount", group.vat_cents)
            category = self._cac(part, "TaxCategory")
            self._cbc(category, "ID", group.category)
            if group.category != "O":
                self._cbc(category, "Percent", plain(group.rate))
            if group.category != "S":
                self._cbc(category, "TaxExemptionReason", self.document.reason)
            self._cbc(self._cac(category, "TaxScheme"), "ID", "VAT")

    def _sums(self) -> None:
        document = self.document
        sums = self._cac(self.root, "LegalMonetaryTotal")
        self._amount(sums, "LineExtensionAmount", document.totals.net_cents)
        self._amount(sums, "TaxExclusiveAmount", document.totals.net_cents)
        self._amount(sums, "TaxInclusiveAmount", document.totals.gross_cents)
        if document.prepaid_cents:
            self._amount(sums, "PrepaidAmount", document.prepaid_cents)
        self._amount(sums, "PayableAmount", document.payable_cents)

    def _lines(self) -> None:
        for number, line in enumerate(self.document.lines, 1):
            element = self._cac(self.root, f"{self.name}Line")
            self._cbc(element, "ID", str(number))
            quantity = "CreditedQuantity" if self.document.credit else "InvoicedQuantity"
            self._cbc(element, quantity, plain(line.quantity), unitCode="C62")
            self._amount(element, "LineExtensionAmount", line.net_cents)
            self._period(element, line.start, line.end)
            item = self._cac(element, "Item")
            if line.description:
                self._cbc(item, "Description", line.description)
            self._cbc(item, "Name", line.name)
            category = self._cac(item, "ClassifiedTaxCategory")
            self._cbc(category, "ID", line.category)
            if line.category != "O":
                self._cbc(category, "Percent", plain(line.rate))
            self._cbc(self._cac(category, "TaxScheme"), "ID", "VAT")
            self._cbc(self._cac(element, "Price"), "PriceAmount", str(line.price), currencyID="EUR")
