"""Reads CAMT.053 (ISO 20022 bank-to-customer statement), any version: elements are known by their local names.

Only booked entries count: pending ones are in no balance. Elements are dropped as soon as they were read, so that a
large file takes little memory; entities and the network are off.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from typing import Any

from django.utils.translation import gettext as _
from lxml import etree

from billing.statements.model import Entry, Statement, StatementError, cents, day

Element = Any  # lxml comes without types
FORMAT = "camt.053"


def read(data: bytes) -> Statement:
    """Return the file's statements as one; raises StatementError."""
    parts = list(_statements(data))
    if not parts:
        raise StatementError(_("There is no statement in this file. Download it as CAMT.053 from the bank."))
    for former, later in pairwise(parts):
        if former.iban != later.iban or former.closing_cents != later.opening_cents:
            raise StatementError(_("The statements in this file don't follow each other. Upload them one by one."))
    if len(parts) == 1:
        return parts[0]
    first, last = parts[0], parts[-1]
    return Statement(
        format=FORMAT,
        name=first.name,
        iban=first.iban,
        opening_cents=first.opening_cents,
        closing_cents=last.closing_cents,
        opened_on=first.opened_on,
        closed_on=last.closed_on,
        entries=tuple(entry for part in parts for entry in part.entries),
    )


def _statements(data: bytes) -> Iterator[Statement]:
    tags = ("{*}Ntry", "{*}Bal", "{*}Acct", "{*}Stmt", "{*}BkToCstmrStmt")
    events = etree.iterparse(
        io.BytesIO(data),
        events=("end",),
        tag=tags,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
    )
    entries: list[Entry] = []
    balances: dict[str, tuple[int, str]] = {}
    iban = ""
    whole = False
    try:
        for _event, element in events:
            kind = etree.QName(element).localname
            if kind == "Ntry":
                entries.extend(_entries(element))
                element.clear()
            elif kind == "Bal":
                balances.setdefault(_text(element, "Tp/CdOrPrtry/Cd"), _balance(element))
            elif kind == "Acct" and etree.QName(element.getparent()).localname == "Stmt":
                iban = _text(element, "Id/IBAN").replace(" ", "")
            elif kind == "Stmt":
                yield _statement(element, iban, balances, entries)
                entries, balances = [], {}
                element.clear()
            elif kind == "BkToCstmrStmt":
                whole = True
    except etree.XMLSyntaxError as error:
        raise StatementError(_("The file is cut off or damaged. Download it again.")) from error
    if not whole:
        raise StatementError(_("This is no CAMT.053 file. Download the statement from the bank as CAMT.053 (XML)."))


def _statement(element: Element, iban: str, balances: dict[str, tuple[int, str]], entries: list[Entry]) -> Statement:
    opening = balances.get("OPBD") or balances.get("PRCD")
    closing = balances.get("CLBD")
    if opening is None or closing is None:
        raise StatementError(_("The opening or closing balance is missing. Download a full statement."))
    return Statement(
        format=FORMAT,
        name=_text(element, "Id")[:40],
        iban=iban,
        opening_cents=opening[0],
        closing_cents=closing[0],
        opened_on=day(opening[1]),
        closed_on=day(closing[1]),
        entries=tuple(entries),
    )


def _balance(element: Element) -> tuple[int, str]:
    return _signed(element), _text(element, "Dt/Dt") or _text(element, "Dt/DtTm")


def _text(element: Element, path: str) -> str:
    return (element.findtext("{*}" + path.replace("/", "/{*}")) or "").strip()


def _signed(element: Element) -> int:
    """Return the amount of an entry or balance in cents, with its sign."""
    found = element.find("{*}Amt")
    if found is None or found.get("Ccy") != "EUR":
        raise StatementError(_("A line or balance isn't in euros. Upload the statement of the euro account."))
    side = _text(element, "CdtDbtInd")
    if side not in ("CRDT", "DBIT"):
        raise StatementError(_("A line doesn't say whether money came or went. Download the file again."))
    value = cents(found.text)
    return value if side == "CRDT" else -value


def _entries(entry: Element) -> Iterator[Entry]:
    """Yield the transfers of one booking; a batch is split only where its parts add up to it."""
    status = _text(entry, "Sts/Cd") or _text(entry, "Sts")
    if status != "BOOK":
        return
    total = _signed(entry)
    booked_on = day(_text(entry, "BookgDt/Dt") or _text(entry, "BookgDt/DtTm"))
    bank_ref = _text(entry, "AcctSvcrRef")
    details = entry.findall("{*}NtryDtls/{*}TxDtls")
    parts = [_part(detail, total) for detail in details]
    if len(details) > 1 and None not in parts and sum(part or 0 for part in parts) == total:
        for number, (detail, part) in enumerate(zip(details, parts, strict=True), 1):
            yield _transfer(detail, booked_on, part or 0, f"{bank_ref}/{number}")
    else:
        yield _transfer(details[0] if len(details) == 1 else entry, booked_on, total, bank_ref)


def _part(detail: Element, total: int) -> int | None:
    found = detail.find("{*}Amt")
    if found is None:
        found = detail.find("{*}AmtDtls/{*}TxAmt/{*}Amt")
    if found is None or found.get("Ccy") != "EUR":
        return None
    value = cents(found.text)
    side = _text(detail, "CdtDbtInd")
    return -value if side == "DBIT" or (not side and total < 0) else value


def _transfer(detail: Element, booked_on: date, value: int, bank_ref: str) -> Entry:
    side = "Dbtr" if value > 0 else "Cdtr"
    texts = [found.text or "" for found in detail.iterfind("{*}RmtInf/{*}Ustrd")]
    if not texts:
        texts = [_text(detail, "AddtlNtryInf")]
    refs = [found.text or "" for found in detail.iterfind("{*}RmtInf/{*}Strd/{*}CdtrRefInf/{*}Ref")]
    return Entry(
        booked_on=booked_on,
        cents=value,
        bank_ref=bank_ref,
        end_to_end=_text(detail, "Refs/EndToEndId"),
        refs=tuple(ref for ref in refs if ref),
        text="\n".join(text for text in texts if text),
        iban=_text(detail, f"RltdPties/{side}Acct/Id/IBAN").replace(" ", ""),
        name=_text(detail, f"RltdPties/{side}/Nm") or _text(detail, f"RltdPties/{side}/Pty/Nm"),
    )
