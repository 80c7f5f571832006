"""What an invoice or credit note says, before it is written in any format (the terms of EN 16931)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from billing.money import Line, Totals, VatGroup

INVOICE, CREDIT = "invoice", "credit"


@dataclass(frozen=True)
class Party:
    """Seller or buyer as on the invoice. No e-mail address: the archive keeps what addressing needs, not more.

    Args: country: two letters; vat_id, kvk: "" without; business: whether the buyer is one.
    """

    name: str
    street: str
    postcode: str
    city: str
    country: str
    vat_id: str = ""
    kvk: str = ""
    business: bool = True

    def as_json(self) -> dict[str, Any]:
        """Return the party for a JSON column."""
        return dict(vars(self))


@dataclass(frozen=True)
class Document:
    """An invoice (380) or credit note (381): amounts in euros only, all of a credit note's amounts positive.

    Args: number: sequential; rf: payment reference; preceding: number of the credited invoice; buyer_reference: the
    customer's own, or else the customer number (BR-NL-2); reason: why no VAT is charged; paid_on: set when nothing is
    left to pay.
    """

    kind: str
    number: str
    issued_on: date
    due_on: date
    seller: Party
    buyer: Party
    buyer_reference: str
    lines: tuple[Line, ...]
    totals: Totals
    iban: str
    bic: str
    rf: str
    reason: str = ""
    note: str = ""
    preceding: str = ""
    start: date | None = None
    end: date | None = None
    paid_on: date | None = None
    language: str = "nl"

    @property
    def credit(self) -> bool:
        """Whether it is a credit note."""
        return self.kind == CREDIT

    @property
    def outside(self) -> bool:
        """Whether the sale is outside VAT's scope: then no VAT id may be in the XML (BR-O-02)."""
        return any(line.category == "O" for line in self.lines)

    @property
    def groups(self) -> tuple[VatGroup, ...]:
        """The VAT groups."""
        return self.totals.groups

    @property
    def prepaid_cents(self) -> int:
        """What was paid before the invoice was made."""
        return self.totals.gross_cents if self.paid_on else 0

    @property
    def payable_cents(self) -> int:
        """What is left to pay."""
        return self.totals.gross_cents - self.prepaid_cents
