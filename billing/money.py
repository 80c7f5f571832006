"""Exact amounts: integer cents, Decimal in between, rounded half up once per line and once per VAT group.

Rounding VAT per line instead of per group differs on a third of all invoices; EN 16931 (BG-23) asks for the group.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

EURO = Decimal(100)


def round_cents(amount: Decimal) -> int:
    """Return `amount` (cents with any decimals) as whole cents, halves away from zero."""
    return int(amount.quantize(Decimal(1), ROUND_HALF_UP))


def vat_cents(base_cents: int, rate: Decimal) -> int:
    """Return the VAT in cents over a base in cents; `rate` in percent, e.g. Decimal("25.5")."""
    return round_cents(base_cents * rate / 100)


def euros(cents: int) -> Decimal:
    """Return cents as euros with two decimals."""
    return (Decimal(cents) / EURO).quantize(Decimal("0.01"))


def plain(number: Decimal) -> str:
    """Return a number without exponent or needless zeros: 21, 25.5."""
    return format(number.normalize(), "f")


@dataclass(frozen=True)
class Line:
    """One line of an invoice or request.

    Args: price: of one, in euros, never negative (BR-27), four decimals at most; quantity: negative for what is taken
    back on an invoice; category, rate: VAT as in EN 16931 (S, AE, O) and percent; start, end: first and last day.
    """

    name: str
    quantity: Decimal
    price: Decimal
    category: str
    rate: Decimal
    description: str = ""
    start: date | None = None
    end: date | None = None

    def __post_init__(self) -> None:
        """Raise ValueError for a price that is negative or finer than four decimals."""
        if self.price < 0 or -int(self.price.as_tuple().exponent) > 4:
            raise ValueError(f"{self.price} is no unit price")

    @property
    def net_cents(self) -> int:
        """Quantity times price, rounded once."""
        return round_cents(self.quantity * self.price * EURO)

    def as_json(self) -> dict[str, Any]:
        """Return the line for a JSON column."""
        return {
            "name": self.name,
            "description": self.description,
            "quantity": plain(self.quantity),
            "price": str(self.price),
            "net_cents": self.net_cents,
            "category": self.category,
            "rate": plain(self.rate),
            "start": self.start.isoformat() if self.start else None,
            "end": self.end.isoformat() if self.end else None,
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Line:
        """Return the line that `as_json` stored."""
        return cls(
            name=stored["name"],
            description=stored["description"],
            quantity=Decimal(stored["quantity"]),
            price=Decimal(stored["price"]),
            category=stored["category"],
            rate=Decimal(stored["rate"]),
            start=date.fromisoformat(stored["start"]) if stored["start"] else None,
            end=date.fromisoformat(stored["end"]) if stored["end"] else None,
        )


@dataclass(frozen=True)
class VatGroup:
    """All lines of one VAT category and rate.

    Args: base_cents, vat_cents: sums; carry_cents: what a credit note takes over from rounding, so that all credit
    notes of one invoice together give exactly its VAT: vat_cents is round(base × rate) + carry_cents.
    """

    category: str
    rate: Decimal
    base_cents: int
    vat_cents: int
    carry_cents: int = 0

    def as_json(self) -> dict[str, Any]:
        """Return the group for a JSON column."""
        return {
            "category": self.category,
            "rate": plain(self.rate),
            "base_cents": self.base_cents,
            "vat_cents": self.vat_cents,
            "carry_cents": self.carry_cents,
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> VatGroup:
        """Return the group that `as_json` stored."""
        return cls(
            stored["category"],
            Decimal(stored["rate"]),
            stored["base_cents"],
            stored["vat_cents"],
            stored.get("carry_cents", 0),
        )


@dataclass(frozen=True)
class Totals:
    """The sums below the lines, in cents."""

    groups: tuple[VatGroup, ...]

    @property
    def net_cents(self) -> int:
        """Without VAT."""
        return sum(group.base_cents for group in self.groups)

    @property
    def vat_cents(self) -> int:
        """The VAT of all groups."""
        return sum(group.vat_cents for group in self.groups)

    @property
    def gross_cents(self) -> int:
        """What is to be paid."""
        return self.net_cents + self.vat_cents


def totals(lines: Iterable[Line]) -> Totals:
    """Add lines up: VAT once per category and rate, in the order in which these appear."""
    bases: dict[tuple[str, Decimal], int] = {}
    for line in lines:
        key = (line.category, line.rate)
        bases[key] = bases.get(key, 0) + line.net_cents
    return Totals(
        tuple(VatGroup(category, rate, base, vat_cents(base, rate)) for (category, rate), base in bases.items())
    )


def credit_part(invoice: VatGroup, *, credited_net: int, credited_vat: int, net: int) -> VatGroup:
    """Return the VAT group of a credit note of `net` cents of an invoice of which so much was credited before.

    Each takes the VAT's difference between before and after, so that all together give exactly the invoice's.
    """
    amount = vat_cents(credited_net + net, invoice.rate) - credited_vat
    return VatGroup(invoice.category, invoice.rate, net, amount, carry_cents=amount - vat_cents(net, invoice.rate))


def one(name: str, cents: int, *, category: str, rate: Decimal, quantity: int = 1, **more: Any) -> Line:
    """Return a line of `quantity` (1 or -1, say) times an amount in whole cents."""
    return Line(name=name, quantity=Decimal(quantity), price=euros(cents), category=category, rate=rate, **more)
