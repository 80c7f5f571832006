"""Writes a document as UN/CEFACT CII in the profile EN 16931 of Factur-X 1.0: the XML inside the PDF."""

from __future__ import annotations

from datetime import date
from typing import Any

from lxml import etree

from billing.einvoice.model import Document, Party
from billing.money import euros, plain

STANDARD = "urn:un:unece:uncefact:data:standard"
RSM = f"{STANDARD}:CrossIndustryInvoice:100"
RAM = f"{STANDARD}:ReusableAggregateBusinessInformationEntity:100"
UDT = f"{STANDARD}:UnqualifiedDataType:100"
SCHEME_KVK = "0106"

Element = Any  # lxml comes without types


def write(document: Document) -> bytes:
    """Return the document as CII. Texts are escaped by lxml; characters that XML forbids raise ValueError."""
    return Writer(document).write()


def ram(parent: Element, name: str, text: str | None = None, **attributes: str) -> Element:
    """Add an element of the RAM namespace and return it."""
    element = etree.SubElement(parent, f"{{{RAM}}}{name}", attributes)
    if text is not None:
        element.text = text
    return element


def day(parent: Element, name: str, value: date) -> None:
    """Add a date (format 102: YYYYMMDD)."""
    etree.SubElement(ram(parent, name), f"{{{UDT}}}DateTimeString", format="102").text = value.strftime("%Y%m%d")


class Writer:
    """Builds one CII tree."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.root = etree.Element(f"{{{RSM}}}CrossIndustryInvoice", nsmap={"rsm": RSM, "ram": RAM, "udt": UDT})

    def write(self) -> bytes:
        """Return the bytes."""
        document = self.document
        context = etree.SubElement(self.root, f"{{{RSM}}}ExchangedDocumentContext")
        ram(ram(context, "GuidelineSpecifiedDocumentContextParameter"), "ID", "urn:cen.eu:en16931:2017")
        head = etree.SubElement(self.root, f"{{{RSM}}}ExchangedDocument")
        ram(head, "ID", document.number)
        ram(head, "TypeCode", "381" if document.credit else "380")
        day(head, "IssueDateTime", document.issued_on)
        if document.note:
            ram(ram(head, "IncludedNote"), "Content", document.note)
        trade = etree.SubElement(self.root, f"{{{RSM}}}SupplyChainTradeTransaction")
        self._lines(trade)
        agreement = ram(trade, "ApplicableHeaderTradeAgreement")
        ram(agreement, "BuyerReference", document.buyer_reference)
        self._party(agreement, "SellerTradeParty", document.seller)
        self._party(agreement, "BuyerTradeParty", document.buyer)
        delivery = ram(trade, "ApplicableHeaderTradeDelivery")
        day(ram(delivery, "ActualDeliverySupplyChainEvent"), "OccurrenceDateTime", document.start or document.issued_on)
        self._settlement(trade)
        return bytes(etree.tostring(self.root, xml_declaration=True, encoding="UTF-8"))

    def _lines(self, trade: Element) -> None:
        for number, line in enumerate(self.document.lines, 1):
            item = ram(trade, "IncludedSupplyChainTradeLineItem")
            ram(ram(item, "AssociatedDocumentLineDocument"), "LineID", str(number))
            product = ram(item, "SpecifiedTradeProduct")
            ram(product, "Name", line.name)
            if line.description:
                ram(product, "Description", line.description)
            price = ram(ram(item, "SpecifiedLineTradeAgreement"), "NetPriceProductTradePrice")
            ram(price, "ChargeAmount", str(line.price))
            ram(ram(item, "SpecifiedLineTradeDelivery"), "BilledQuantity", plain(line.quantity), unitCode="C62")
            settlement = ram(item, "SpecifiedLineTradeSettlement")
            tax = ram(settlement, "ApplicableTradeTax")
            ram(tax, "TypeCode", "VAT")
            ram(tax, "CategoryCode", line.category)
            if line.category != "O":
                ram(tax, "RateApplicablePercent", plain(line.rate))
            self._period(settlement, line.start, line.end)
            sums = ram(settlement, "SpecifiedTradeSettlementLineMonetarySummation")
            ram(sums, "LineTotalAmount", str(euros(line.net_cents)))

    @staticmethod
    def _period(parent: Element, start: date | None, end: date | None) -> None:
        if start and end:
            period = ram(parent, "BillingSpecifiedPeriod")
            day(period, "StartDateTime", start)
            day(period, "EndDateTime", end)

    def _party(self, agreement: Element, tag: str, who: Party) -> None:
        party = ram(agreement, tag)
        ram(party, "Name", who.name)
        if who.kvk:
            ram(ram(party, "SpecifiedLegalOrganization"), "ID", who.kvk, schemeID=SCHEME_KVK)
        address = ram(party, "PostalTradeAddress")
        ram(address, "PostcodeCode", who.postcode)
        ram(address, "LineOne", who.street)
        ram(address, "CityName", who.city)
        ram(address, "CountryID", who.country)
        if who.vat_id and not self.document.outside:
            ram(ram(party, "SpecifiedTaxRegistration"), "ID", who.vat_id, schemeID="VA")

    def _settlement(self, trade: Element) -> None:
        document = self.document
        settlement = ram(trade, "ApplicableHeaderTradeSettlement")
        if not document.credit:
            ram(settlement, "PaymentReference", document.rf)
        ram(settlement, "InvoiceCurrencyCode", "EUR")
        if not document.credit:
            means = ram(settlement, "SpecifiedTradeSettlementPaymentMeans")
            ram(means, "TypeCode", "58")
            account = ram(means, "PayeePartyCreditorFinancialAccount")
            ram(account, "IBANID", document.iban)
            ram(account, "AccountName", document.seller.name)
        for group in document.groups:
            tax = ram(settlement, "ApplicableTradeTax")
            ram(tax, "CalculatedAmount", str(euros(group.vat_cents)))
            ram(tax, "TypeCode", "VAT")
            if group.category != "S":
                ram(tax, "ExemptionReason", document.reason)
            ram(tax, "BasisAmount", str(euros(group.base_cents)))
            ram(tax, "CategoryCode", group.category)
            if group.category != "O":
                ram(tax, "RateApplicablePercent", plain(group.rate))
        self._period(settlement, document.start, document.end)
        if not document.credit:
            day(ram(settlement, "SpecifiedTradePaymentTerms"), "DueDateDateTime", document.due_on)
        self._sums(settlement)
        if document.preceding:
            ram(ram(settlement, "InvoiceReferencedDocument"), "IssuerAssignedID", document.preceding)

    def _sums(self, settlement: Element) -> None:
        totals = self.document.totals
        sums = ram(settlement, "SpecifiedTradeSettlementHeaderMonetarySummation")
        ram(sums, "LineTotalAmount", str(euros(totals.net_cents)))
        ram(sums, "TaxBasisTotalAmount", str(euros(totals.net_cents)))
        ram(sums, "TaxTotalAmount", str(euros(totals.vat_cents)), currencyID="EUR")
        ram(sums, "GrandTotalAmount", str(euros(totals.gross_cents)))
        if self.document.prepaid_cents:
            ram(sums, "TotalPrepaidAmount", str(euros(self.document.prepaid_cents)))
        ram(sums, "DuePayableAmount", str(euros(self.document.payable_cents)))
