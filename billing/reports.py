"""What the tax office asks for, and the proof that the books have no gap. Read by billing staff only.

Amounts are cents; credit notes count negatively, in the quarter in which they were issued.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from django.db.models import QuerySet

from billing.models import Invoice, Journal

OSS_THRESHOLD_CENTS = 1_000_000  # art. 59c Directive 2006/112/EC, for all of the EU and a calendar year
WARN_AT = 0.8


@dataclass
class Box:
    """One box of the VAT return: what it is about, turnover and VAT."""

    code: str
    base_cents: int = 0
    vat_cents: int = 0


@dataclass
class VatReturn:
    """The boxes that our sales fill, and what comes beside the return."""

    boxes: dict[str, Box] = field(default_factory=lambda: {code: Box(code) for code in ("1a", "1e", "3b")})
    oss_cents: int = 0  # declared in the One Stop Shop, not here

    @property
    def due_cents(self) -> int:
        """Box 5a: the VAT that is owed."""
        return sum(box.vat_cents for box in self.boxes.values())


# Which box a treatment goes to: 1e is what isn't taxed in the Netherlands, 3b services to EU businesses (with the ICP).
BOXES = {"nl": "1a", "outside": "1e", "reverse": "3b"}


def quarter(year: int, number: int) -> tuple[date, date]:
    """Return the first day of a quarter (1–4) and the first day after it."""
    first = date(year, 3 * number - 2, 1)
    return first, date(year + 1, 1, 1) if number == 4 else date(year, 3 * number + 1, 1)


def issued(first: date, after: date) -> QuerySet[Invoice]:
    """Return invoices and credit notes of [first, after) in the order of their numbers, without their XML."""
    found = Invoice.objects.filter(issued_on__gte=first, issued_on__lt=after)
    return found.defer("ubl", "cii").order_by("series", "year", "no")


def sign(invoice: Invoice) -> int:
    """Return 1 for an invoice, -1 for a credit note."""
    return -1 if invoice.credit else 1


def vat_return(year: int, number: int) -> VatReturn:
    """Return the boxes of a quarter's VAT return."""
    found = VatReturn()
    for invoice in issued(*quarter(year, number)):
        if invoice.treatment == "oss":
            found.oss_cents += sign(invoice) * invoice.net_cents
            continue
        box = found.boxes[BOXES[invoice.treatment]]
        box.base_cents += sign(invoice) * invoice.net_cents
        box.vat_cents += sign(invoice) * invoice.vat_cents
    return found


def icp(year: int, number: int) -> list[tuple[str, str, int]]:
    """Return the list of supplies within the EU: (country, VAT id, cents) for each customer, by VAT id."""
    sums: dict[str, int] = defaultdict(int)
    for invoice in issued(*quarter(year, number)).filter(treatment="reverse"):
        sums[str(invoice.buyer["vat_id"])] += sign(invoice) * invoice.net_cents
    return [(vat_id[:2], vat_id, cents) for vat_id, cents in sorted(sums.items()) if cents]


def oss(year: int, number: int) -> list[tuple[str, str, int, int]]:
    """Return the One Stop Shop's return: (country, rate, turnover cents, VAT cents), by country."""
    sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for invoice in issued(*quarter(year, number)).filter(treatment="oss"):
        total = sums[str(invoice.buyer["country"]), str(invoice.vat[0]["rate"])]
        total[0] += sign(invoice) * invoice.net_cents
        total[1] += sign(invoice) * invoice.vat_cents
    return [(country, rate, base, vat) for (country, rate), (base, vat) in sorted(sums.items())]


def eu_consumer_cents(year: int) -> int:
    """Return this year's sales to consumers elsewhere in the EU; above OSS_THRESHOLD_CENTS their own VAT is due."""
    total = 0
    for invoice in issued(date(year, 1, 1), date(year + 1, 1, 1)).filter(treatment__in=["nl", "oss"]):
        if invoice.buyer["country"] != "NL":
            total += sign(invoice) * invoice.net_cents
    return total


def near_threshold(year: int) -> bool:
    """Whether it is time to register for the One Stop Shop."""
    return eu_consumer_cents(year) >= WARN_AT * OSS_THRESHOLD_CENTS


def ubl_zip(first: date, after: date) -> bytes:
    """Return all invoices and credit notes of a period as UBL, in a zip: the audit file that the tax office may ask."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        found = Invoice.objects.filter(issued_on__gte=first, issued_on__lt=after).order_by("series", "year", "no")
        for invoice in found.only("number", "ubl").iterator(chunk_size=500):
            archive.writestr(f"{invoice.number}.xml", invoice.ubl)
    return packed.getvalue()


def proof() -> Iterator[str]:
    """Yield what is wrong with the books: a gap, a date out of order, a broken chain, an invoice that isn't its hash.

    The journal outlives the invoices: the proof also covers numbers whose invoice was erased after its term.
    """
    documents = {
        (invoice.series, invoice.year, invoice.no): invoice
        for invoice in Invoice.objects.only("series", "year", "no", "sha256", "ubl", "issued_on", "gross_cents")
    }
    last: tuple[str, int] | None = None
    number, day, chain = 0, date.min, b""
    for row in Journal.objects.order_by("series", "year", "no").iterator(chunk_size=2000):
        name = f"{row.series}-{row.year}-{row.no:04d}"
        if (row.series, row.year) != last:
            last, number, day, chain = (row.series, row.year), 0, date.min, b"\x00"
        if row.no != number + 1:
            yield f"{name}: {row.no - number - 1} numbers before it are missing"
        if row.issued_on < day or row.issued_on.year != row.year:
            yield f"{name}: dated {row.issued_on}, before the one before it"
        chain = hashlib.sha256(chain + bytes(row.sha256) + row.no.to_bytes(4, "big")).digest()
        if chain != bytes(row.chain):
            yield f"{name}: the chain is broken"
            chain = bytes(row.chain)
        number, day = row.no, row.issued_on
        found = documents.pop((row.series, row.year, row.no), None)
        if found is None:
            if row.erased_on is None:
                yield f"{name}: the invoice is missing"
            continue
        if hashlib.sha256(found.ubl.encode()).digest() != bytes(row.sha256) or found.issued_on != row.issued_on:
            yield f"{name}: the invoice isn't what was issued"
    yield from (f"{series}-{year}-{no:04d}: not in the journal" for series, year, no in documents)
