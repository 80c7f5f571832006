"""Reading bank statements in, and what staff do with the lines that nothing was recognised in.

A file is booked as a whole or not at all. What a line pays is found by its RF reference; invoice number and exact
amount only make a suggestion; an amount alone, or a payer's name, never means anything.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Count
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from accounts.models import User
from billing import purpose, seller
from billing.models import Allocation, BankLine, BankStatement, Invoice, PaymentReference, PaymentRequest, Refund
from billing.references import find_rf
from billing.selectors import open_of
from billing.services.credits import SEAL
from billing.services.errors import BillingError
from billing.services.refunds import by_end_to_end, of_line
from billing.statements import Entry, Statement, StatementError, read
from webanizr.core import outbox, tenancy, vault

State = BankLine.State
# WB-2026-0123, also with blanks, or without any mark between the parts
_NUMBER = re.compile(r"\bW\s*B\W*(\d{4})\W*(\d{4,7})\b")
BATCH = 2000


@dataclass(frozen=True)
class Imported:
    """What became of a file."""

    statement: BankStatement
    matched: int
    suggested: int
    unmatched: int
    known: int


def import_statement(*, data: bytes, actor: User, now: datetime) -> Imported:
    """Read a statement file in: all of its lines, or none. Raises StatementError with the reason.

    Args: data: the file's bytes; actor: somebody of the billing team.
    """
    digest = hashlib.sha256(data).digest()
    statement = read(data)
    statement.check(iban=seller.iban())
    with purpose.desk(actor.pk):
        _not_twice(digest, statement)
        prints = fingerprints(statement.entries)
        known = set(map(bytes, BankLine.objects.filter(fingerprint__in=prints).values_list("fingerprint", flat=True)))
        _not_in_another_form(statement, known)
        try:
            with transaction.atomic():
                stored = BankStatement.objects.create(
                    sha256=digest,
                    format=statement.format,
                    name=statement.name,
                    opening_cents=statement.opening_cents,
                    closing_cents=statement.closing_cents,
                    opened_on=statement.opened_on,
                    closed_on=statement.closed_on,
                    lines_count=len(statement.entries),
                    known_count=len(known),
                    in_cents=sum(entry.cents for entry in statement.entries if entry.cents > 0),
                    out_cents=sum(entry.cents for entry in statement.entries if entry.cents < 0),
                    imported_by=actor.pk,
                    imported_at=now,
                )
                new = [
                    (position, entry, printed)
                    for position, (entry, printed) in enumerate(zip(statement.entries, prints, strict=True), 1)
                    if printed not in known
                ]
                lines = _lines(stored, new)
                BankLine.objects.bulk_create(lines, batch_size=BATCH)
        except IntegrityError as error:
            raise StatementError(
                _("Somebody read this statement in at the same moment. Nothing was booked twice.")
            ) from error
        by_end_to_end([entry.end_to_end for _position, entry, _printed in new if entry.cents < 0], now=now)
        states = Counter(line.state for line in lines)
        if states[State.MATCHED]:
            outbox_row(statement_id=stored.id)
    return Imported(stored, states[State.MATCHED], states[State.SUGGESTED], states[State.UNMATCHED], len(known))


def outbox_row(**ids: Any) -> None:
    """Let the worker book what was matched: the books belong to no account, so the row is the platform's."""
    outbox.add("billing.tasks.book_lines", account_id=tenancy.PLATFORM_ACCOUNT, **ids)


def _not_twice(digest: bytes, statement: Statement) -> None:
    if BankStatement.objects.filter(sha256=digest).exists():
        raise StatementError(_("This file was read in before. Nothing was booked twice; choose another file."))


def _not_in_another_form(statement: Statement, known: set[bytes]) -> None:
    """Two formats write the same transfer differently: the same balances mean the same statement."""
    same = BankStatement.objects.filter(
        closed_on=statement.closed_on,
        opening_cents=statement.opening_cents,
        closing_cents=statement.closing_cents,
        lines_count=len(statement.entries),
    )
    if statement.entries and not known and same.exists():
        raise StatementError(_("This statement was read in before from another file. Nothing was booked twice."))


def fingerprints(entries: Iterable[Entry]) -> list[bytes]:
    """Return what recognises each line in another file of the same days.

    Two equal transfers on one day are two lines: the second one gets another fingerprint than the first.
    """
    seen: Counter[bytes] = Counter()
    found = []
    for entry in entries:
        # the bank's own reference says all, where there is one
        words = (entry.bank_ref,) if entry.bank_ref else (entry.end_to_end, entry.iban, "".join(entry.text.split()))
        plain = "|".join((entry.booked_on.isoformat(), str(entry.cents), *words)).encode()
        digest = hashlib.sha256(plain).digest()
        seen[digest] += 1
        found.append(salted_hmac("billing.line", digest + seen[digest].to_bytes(4, "big"), algorithm="sha256").digest())
    return found


def payer_hash(iban: str) -> bytes | None:
    """Return what recognises an account again without telling which it is."""
    return salted_hmac("billing.payer", iban, algorithm="sha256").digest() if iban else None


def _lines(statement: BankStatement, new: list[tuple[int, Entry, bytes]]) -> list[BankLine]:
    references = {position: _references(entry) for position, entry, _printed in new if entry.cents > 0}
    wanted = {rf for found in references.values() for rf in found}
    ours = set(PaymentReference.objects.filter(rf__in=wanted).values_list("rf", flat=True)) if wanted else set()
    numbers = {position: _numbers(entry) for position, entry, _printed in new if entry.cents > 0}
    named = _open_by_number({number for found in numbers.values() for number in found})
    lines = []
    for position, entry, printed in new:
        targets = [rf for rf in references.get(position, ()) if rf in ours]
        state = State.MATCHED if targets else State.UNMATCHED if entry.cents > 0 else State.IGNORED
        if state == State.UNMATCHED:
            invoices = [named[number] for number in numbers[position] if number in named]
            if invoices and sum(left for _rf, left in invoices) == entry.cents:
                state, targets = State.SUGGESTED, [rf for rf, _left in invoices]
        words = {"name": entry.name, "iban": entry.iban, "text": entry.text, "end_to_end": entry.end_to_end}
        lines.append(
            BankLine(
                statement=statement,
                position=position,
                fingerprint=printed,
                booked_on=entry.booked_on,
                cents=entry.cents,
                state=state,
                targets=[{"rf": rf, "cents": None} for rf in dict.fromkeys(targets)],
                payer=vault.seal_note(words, purpose=SEAL),
                payer_hash=payer_hash(entry.iban),
                payer_country=entry.iban[:2],
            )
        )
    return lines


def _references(entry: Entry) -> list[str]:
    found = [rf for ref in entry.refs for rf in find_rf(ref)]
    return found or find_rf(f"{entry.text}\n{entry.end_to_end}")


def _numbers(entry: Entry) -> list[str]:
    text = entry.text.upper()
    return list(dict.fromkeys(f"WB-{year}-{int(no):04d}" for year, no in _NUMBER.findall(text)))


def _open_by_number(numbers: set[str]) -> dict[str, tuple[str, int]]:
    """Return (reference, open cents) of each of these invoices that isn't paid yet."""
    found = list(Invoice.objects.filter(number__in=numbers).defer("ubl", "cii")) if numbers else []
    left = open_of(found)
    return {one.number: (one.rf, left[one.id]) for one in found if left[one.id] > 0}


@dataclass(frozen=True)
class QueueLine:
    """A line that waits for a person, with the payer's words while they are kept."""

    line: BankLine
    name: str
    text: str
    targets: list[tuple[str, int]]  # what each suggested invoice still needs, by its number


def queue(*, actor: User) -> list[QueueLine]:
    """Return the lines that somebody of the billing team must look at, newest first."""
    with purpose.desk(actor.pk):
        lines = list(
            BankLine.objects.filter(state__in=[State.SUGGESTED, State.UNMATCHED])
            .select_related("statement")
            .order_by("-booked_on", "position")[:200]
        )
        rfs = {target["rf"] for line in lines for target in line.targets}
        invoices = {one.rf: one for one in Invoice.objects.filter(rf__in=rfs, kind="invoice").defer("ubl", "cii")}
        left = open_of(list(invoices.values()))
    found = []
    for line in lines:
        words = vault.unseal_note(line.payer, purpose=SEAL) if line.payer else {}
        named = [invoices[target["rf"]] for target in line.targets if target["rf"] in invoices]
        targets = [(one.number, left[one.id]) for one in named]
        found.append(QueueLine(line, words.get("name", ""), words.get("text", ""), targets))
    return found


@dataclass(frozen=True)
class ReadLine:
    """A line of a statement as it is looked back at: the payer's words while they are kept, and what it paid."""

    line: BankLine
    name: str
    text: str
    paid: list[tuple[str, int]]  # (number of an invoice or request, cents)


def lines_of(statement: BankStatement, *, state: str = "", after: int = 0, size: int = 100) -> list[ReadLine]:
    """Return lines of a statement in their order, in a fixed number of queries. For the purpose of billing.

    Args: state: only these; after: the position behind which to begin.
    """
    lines = BankLine.objects.filter(statement=statement, position__gt=after).order_by("position")
    found = list((lines.filter(state=state) if state else lines)[:size])
    made = list(
        Allocation.objects.filter(line__in=found).select_related("invoice").defer("invoice__ubl", "invoice__cii")
    )
    asked = [one.request_id for one in made if one.request_id]
    codes = dict(PaymentRequest.objects.filter(id__in=asked).values_list("id", "code"))
    paid: dict[uuid.UUID, list[tuple[str, int]]] = defaultdict(list)
    for one in made:
        number = one.invoice.number if one.invoice else codes.get(one.request_id, "–") if one.request_id else "–"
        paid[one.line_id].append((number, one.cents))  # type: ignore[index]  # of these lines
    shown = []
    for line in found:
        words = vault.unseal_note(line.payer, purpose=SEAL) if line.payer else {}
        shown.append(ReadLine(line, words.get("name", ""), words.get("text", ""), paid[line.id]))
    return shown


def counts_of(statement: BankStatement) -> dict[str, int]:
    """Return how many lines are in each state. For the purpose of billing."""
    rows = BankLine.objects.filter(statement=statement).order_by().values_list("state")
    return dict(rows.annotate(n=Count("id")))


def _waiting(line_id: uuid.UUID) -> BankLine:
    line = BankLine.objects.select_for_update().filter(id=line_id).first()
    if line is None or line.state not in (State.SUGGESTED, State.UNMATCHED):
        raise BillingError(_("Somebody has dealt with this line already. Reload the page."))
    return line


def assign(*, line_id: uuid.UUID, targets: list[tuple[str, int | None]], actor: User) -> None:
    """Say what a line pays: (number or reference, cents or None for all that is open), in this order.

    A suggestion is accepted with an empty list. Raises BillingError.
    """
    with purpose.desk(actor.pk):
        line = _waiting(line_id)
        chosen: list[dict[str, Any]] = [{"rf": _rf_of(name), "cents": part} for name, part in targets] or line.targets
        if not chosen:
            raise BillingError(_("Say which invoice or payment request this line pays."))
        given = sum(target["cents"] or 0 for target in chosen)
        if given > line.cents or any(target["cents"] is not None and target["cents"] <= 0 for target in chosen):
            raise BillingError(_("The parts are more than the line. Change the amounts."))
        BankLine.objects.filter(id=line_id).update(state=State.MATCHED, targets=chosen)
        outbox_row(line_id=line_id)


def _rf_of(name: str) -> str:
    """Return the reference of an invoice's or request's number, or of a reference as somebody typed it."""
    words = name.strip().upper()
    invoice = Invoice.objects.filter(number=words, kind=Invoice.Kind.INVOICE).only("rf").first()
    request = None if invoice else PaymentRequest.objects.filter(code=words).only("rf").first()
    found = invoice.rf if invoice else request.rf if request else next(iter(find_rf(words)), "")
    if not PaymentReference.objects.filter(rf=found).exists():
        raise BillingError(_("%(name)s is no number of an invoice or payment request.") % {"name": name.strip()[:40]})
    return found


def ignore(*, line_id: uuid.UUID, actor: User) -> None:
    """Leave a line alone: it isn't a customer's payment. Raises BillingError."""
    with purpose.desk(actor.pk):
        BankLine.objects.filter(id=_waiting(line_id).id).update(state=State.IGNORED)


def send_back(*, line_id: uuid.UUID, actor: User, now: datetime) -> Refund:
    """Give a line's money back to where it came from. Raises BillingError."""
    with purpose.desk(actor.pk):
        line = _waiting(line_id)
        refund = of_line(line, now=now)
        BankLine.objects.filter(id=line_id).update(state=State.REFUNDED)
        return refund
