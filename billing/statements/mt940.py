"""Reads MT940, the older format: the package mt-940 splits the fields, the Dutch codes of field 86 are ours.

Banks break lines anywhere, also inside a reference, and some glue their summary to the last line.
"""

from __future__ import annotations

import re
from datetime import date
from itertools import pairwise
from typing import Any

import mt940
from django.utils.translation import gettext as _

from billing.statements.model import Entry, Statement, StatementError, cents

FORMAT = "mt940"
# Field 86 as Dutch banks fill it in: /CODE/value/CODE/value; the value may hold slashes.
CODES = "TRTP|IBAN|BIC|NAME|REMI|EREF|ORDP|BENM|SUM|CSID|MARF|RTRN|PREF|ISDT|ID|ULTD|ULTC|PURP|CNTP|ADDR"
_FIELD = re.compile(rf"/({CODES})/(.*?)(?=/(?:{CODES})/|\Z)", re.DOTALL)


def read(text: str) -> Statement:
    """Return the file's statements as one; raises StatementError."""
    try:
        parts = mt940.parse_statements(text)
    except Exception as error:  # whatever the package meets in a damaged file
        raise StatementError(_("The file is cut off or damaged. Download it again, as CAMT.053 if you can.")) from error
    found = [_statement(part) for part in parts if part.data.get("account_identification")]
    if not found:
        raise StatementError(_("There is no statement in this file. Download it as CAMT.053 from the bank."))
    if text.count(":61:") != sum(len(part.entries) for part in found):
        raise StatementError(_("Not every line of the file could be read. Download it as CAMT.053 instead."))
    for former, later in pairwise(found):
        if former.iban != later.iban or former.closing_cents != later.opening_cents:
            raise StatementError(_("The statements in this file don't follow each other. Upload them one by one."))
    first, last = found[0], found[-1]
    return Statement(
        format=FORMAT,
        name=first.name,
        iban=first.iban,
        opening_cents=first.opening_cents,
        closing_cents=last.closing_cents,
        opened_on=first.opened_on,
        closed_on=last.closed_on,
        entries=tuple(entry for part in found for entry in part.entries),
    )


def _statement(part: Any) -> Statement:
    opening = part.data.get("final_opening_balance") or part.data.get("intermediate_opening_balance")
    closing = part.data.get("final_closing_balance") or part.data.get("intermediate_closing_balance")
    if opening is None or closing is None:
        raise StatementError(_("The opening or closing balance is missing. Download a full statement."))
    # "NL91ABNA0417164300", or the account number with the currency behind it
    iban = re.sub(r"[^A-Z0-9]", "", part.data["account_identification"].upper()).removesuffix("EUR")
    return Statement(
        format=FORMAT,
        name=str(part.data.get("statement_number") or part.data.get("transaction_reference") or "")[:40],
        iban=iban,
        opening_cents=_signed(opening.amount),
        closing_cents=_signed(closing.amount),
        opened_on=_day(opening.date),
        closed_on=_day(closing.date),
        entries=tuple(_entry(one.data) for one in part),
    )


def _signed(amount: Any) -> int:
    if amount is None or amount.currency != "EUR":
        raise StatementError(_("A line or balance isn't in euros. Upload the statement of the euro account."))
    value = cents(str(abs(amount.amount)))
    return value if amount.amount >= 0 else -value


def _day(value: Any) -> date:
    if value is None:
        raise StatementError(_("A date in the file can't be read. Download it again."))
    return date(value.year, value.month, value.day)


def _entry(data: dict[str, Any]) -> Entry:
    details = str(data.get("transaction_details") or "")
    joined = details.replace("\r", "").replace("\n", "")
    fields = {code: value.strip() for code, value in reversed(_FIELD.findall(joined))}
    remittance = fields.get("REMI", joined if not fields else "")
    structured = re.search(r"STRD/CUR/(RF\w+)", remittance)
    return Entry(
        booked_on=_day(data.get("entry_date") or data.get("date")),
        cents=_signed(data.get("amount")),
        bank_ref=str(data.get("bank_reference") or ""),
        end_to_end=fields.get("EREF", ""),
        refs=(structured.group(1),) if structured else (),
        text=remittance,
        iban=fields.get("IBAN", "").replace(" ", ""),
        name=fields.get("NAME", ""),
    )
