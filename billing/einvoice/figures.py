"""Every amount of an invoice, read from either of its formats: what differs between them is wrong in one.

The official rules of CII allow a VAT amount that is up to a euro off, as those of UBL do. Our own arithmetic looks at
the UBL (`rules`); with the same figures in both, it holds for what is inside the PDF as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from lxml import etree

from billing.einvoice.cii import RAM
from billing.einvoice.ubl import CAC, CBC

NS = {"cac": CAC, "cbc": CBC, "ram": RAM}
# (what, where in UBL, where in CII); in the lines, in the VAT groups, and once below all of them
LINE = (
    ("quantity", "cbc:InvoicedQuantity|cbc:CreditedQuantity", "ram:SpecifiedLineTradeDelivery/ram:BilledQuantity"),
    ("price", "cac:Price/cbc:PriceAmount", ".//ram:NetPriceProductTradePrice/ram:ChargeAmount"),
    ("net", "cbc:LineExtensionAmount", ".//ram:LineTotalAmount"),
    ("rate", "cac:Item/cac:ClassifiedTaxCategory/cbc:Percent", ".//ram:ApplicableTradeTax/ram:RateApplicablePercent"),
)
GROUP = (
    ("base", "cbc:TaxableAmount", "ram:BasisAmount"),
    ("VAT", "cbc:TaxAmount", "ram:CalculatedAmount"),
    ("rate", "cac:TaxCategory/cbc:Percent", "ram:RateApplicablePercent"),
)
SUMS = (
    ("lines", "cbc:LineExtensionAmount", "ram:LineTotalAmount"),
    ("without VAT", "cbc:TaxExclusiveAmount", "ram:TaxBasisTotalAmount"),
    ("with VAT", "cbc:TaxInclusiveAmount", "ram:GrandTotalAmount"),
    ("paid", "cbc:PrepaidAmount", "ram:TotalPrepaidAmount"),
    ("to pay", "cbc:PayableAmount", "ram:DuePayableAmount"),
    ("VAT", "../cac:TaxTotal/cbc:TaxAmount", "ram:TaxTotalAmount"),
)
PARTS = (
    ("line", LINE, "cac:InvoiceLine|cac:CreditNoteLine", "//ram:IncludedSupplyChainTradeLineItem"),
    ("group", GROUP, "cac:TaxTotal/cac:TaxSubtotal", "//ram:ApplicableHeaderTradeSettlement/ram:ApplicableTradeTax"),
    ("total", SUMS, "cac:LegalMonetaryTotal", "//ram:SpecifiedTradeSettlementHeaderMonetarySummation"),
)


def differences(ubl: bytes, cii: bytes) -> list[str]:
    """Return where the two formats of one invoice tell other figures; an empty list means they agree."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    ours, theirs = (dict(_figures(etree.fromstring(data, parser=parser), side)) for side, data in enumerate((ubl, cii)))
    return [
        f"A-09: {key} is {ours.get(key)} in UBL and {theirs.get(key)} in CII"
        for key in sorted(ours.keys() | theirs.keys())
        if ours.get(key) != theirs.get(key)
    ]


def _figures(root: Any, side: int) -> Iterator[tuple[str, Decimal]]:
    """Yield every figure by its place. Args: side: 0 for UBL, 1 for CII."""
    for name, figures, *roots in PARTS:
        for number, element in enumerate(root.xpath(roots[side], namespaces=NS), 1):
            for what, *places in figures:
                for found in element.xpath(places[side], namespaces=NS):
                    yield f"{name} {number}, {what}", Decimal(found.text)
