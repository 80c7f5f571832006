"""Every kind of document that we send, as models: the sales of the VAT table, an upgrade, and credit notes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from billing.einvoice.model import CREDIT, INVOICE, Document, Party
from billing.money import Line, totals
from billing.references import make_rf
from billing.vat import decide

SELLER = Party("Webanizr B.V.", "Kanaalweg 14", "3526 KL", "Utrecht", "NL", "NL865432107B01", "87654321")
JANSEN = Party("Bakkerij Jansen V.O.F.", "Dorpsstraat 12", "3511 AB", "Utrecht", "NL", "NL123456782B90", "87654321")
VRIES = Party("J. de Vries", "Kerkplein 3", "2611 CC", "Delft", "NL", business=False)
MUSTER = Party("Muster GmbH", "Hauptstr. 1", "50667", "Köln", "DE", "DE136695976")
ERIKA = Party("Erika Mustermann", "Hauptstr. 1", "50667", "Köln", "DE", business=False)
MATTI = Party("Matti Meikäläinen", "Katu 1", "00100", "Helsinki", "FI", business=False)
ACME = Party("Acme Ltd", "High St 1", "SW1A 1AA", "London", "GB", "GB980780684")


def lines(category: str, rate: Decimal) -> tuple[Line, ...]:
    start, end = date(2026, 11, 23), date(2027, 11, 22)
    return (
        Line("Webanizr Business", Decimal(1), Decimal("290.00"), category, rate, "23-11-2026 – 22-11-2027", start, end),
        Line("Uren", Decimal("2.5"), Decimal("3.3333"), category, rate),
        Line("Verrekening Plus", Decimal(-1), Decimal("17.26"), category, rate),
    )


def document(buyer: Party, *, rate: str = "21", oss: bool = False, **more: object) -> Document:
    treatment = decide(country=buyer.country, business=buyer.business, vat_id_verified=bool(buyer.vat_id), oss=oss)
    what = lines(treatment.category, Decimal(rate) if treatment.taxed else Decimal(0))
    made = Document(
        kind=INVOICE,
        number="WB-2026-0123",
        issued_on=date(2026, 11, 23),
        due_on=date(2026, 12, 7),
        seller=SELLER,
        buyer=buyer,
        buyer_reference="K-20418",
        lines=what,
        totals=totals(what),
        iban="NL91ABNA0417164300",
        bic="ABNANL2A",
        rf=make_rf("BV20260417"),
        reason=treatment.reason(),
        start=date(2026, 11, 23),
        end=date(2027, 11, 22),
    )
    return replace(made, **more)  # type: ignore[arg-type]  # names of fields


def credit_of(invoice: Document) -> Document:
    what = (replace(invoice.lines[0], name="Creditering Webanizr Business"),)
    return replace(
        invoice, kind=CREDIT, number="WC-2026-0001", preceding=invoice.number, lines=what, totals=totals(what)
    )


KINDS: dict[str, Document] = {
    "dutch business": document(JANSEN),
    "dutch consumer": document(VRIES),
    "dutch business without KvK": document(replace(JANSEN, kvk="")),
    "business elsewhere in the EU": document(MUSTER),
    "OSS, Germany": document(ERIKA, rate="19", oss=True),
    "OSS, Finland": document(MATTI, rate="25.5", oss=True),
    "EU consumer below the threshold": document(ERIKA),
    "outside the EU": document(ACME),
    "paid before": document(JANSEN, paid_on=date(2026, 11, 23)),
}
KINDS |= {f"credit of {name}": credit_of(made) for name, made in list(KINDS.items()) if made.paid_on is None}
