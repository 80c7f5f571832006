"""What a bank statement says, whatever format it came in."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext as _

from billing.words import amount


class StatementError(ValueError):
    """The file can't be booked; the message says why and what to do. Nothing was booked."""


@dataclass(frozen=True)
class Entry:
    """One transfer.

    Args: cents: below zero when it left our account; bank_ref: the bank's own, "" without; end_to_end: the payer's;
    refs: structured creditor references; text: free text; iban, name: of the other side, "" where the bank is silent.
    """

    booked_on: date
    cents: int
    bank_ref: str = ""
    end_to_end: str = ""
    refs: tuple[str, ...] = ()
    text: str = ""
    iban: str = ""
    name: str = ""


@dataclass(frozen=True)
class Statement:
    """One account's movements between two balances."""

    format: str
    name: str
    iban: str
    opening_cents: int
    closing_cents: int
    opened_on: date
    closed_on: date
    entries: tuple[Entry, ...] = field(default=())

    def check(self, *, iban: str) -> None:
        """Prove that the file is whole and ours: raises StatementError in words for the person who uploaded it."""
        if self.iban != iban:
            raise StatementError(
                _(
                    "This statement is of the account that ends in %(theirs)s; ours ends in %(ours)s."
                    " Choose another file."
                )
                % {"theirs": self.iban[-4:] or "?", "ours": iban[-4:]}
            )
        if any(entry.cents == 0 for entry in self.entries):
            raise StatementError(_("A line has no amount, so the file is damaged. Download it again."))
        moved = sum(entry.cents for entry in self.entries)
        if self.opening_cents + moved != self.closing_cents:
            raise StatementError(
                _(
                    "The opening balance and the lines don't make the closing balance: %(gap)s differs. The file is"
                    " incomplete; download it again."
                )
                % {"gap": amount(abs(self.closing_cents - self.opening_cents - moved))}
            )


def cents(text: str | None) -> int:
    """Return an amount of a file ("1204.50") in cents; raises StatementError for anything else."""
    try:
        value = Decimal((text or "").strip())
    except InvalidOperation as error:
        raise StatementError(_("An amount in the file can't be read. Download it again.")) from error
    if not value.is_finite() or value < 0 or value != value.quantize(Decimal("0.01")) or value >= 10**12:
        raise StatementError(_("An amount in the file can't be right. Download it again."))
    return int(value * 100)


def day(text: str | None) -> date:
    """Return a date of a file (2026-11-24, a time may follow); raises StatementError for anything else."""
    try:
        return date.fromisoformat((text or "")[:10])
    except ValueError as error:
        raise StatementError(_("A date in the file can't be read. Download it again.")) from error
