"""What the figures of billing do in a process of their own: `python -m webanizr.local.bench.ledger WHAT …`.

Prints the rounds as JSON: [[ours, the limit], …] in seconds.
"""

from __future__ import annotations

import functools
import json
import sys
import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

SAM = "bench@webanizr.nl"
LINES = 10_000
EACH = 200  # invoices a round


def timed(act: Callable[[], Any], clock: Callable[[], float] = time.perf_counter) -> float:
    """Return the seconds that `act` takes."""
    began = clock()
    act()
    return clock() - began


def document() -> Any:
    """Return an ordinary invoice."""
    from decimal import Decimal

    from billing import seller
    from billing.einvoice.model import INVOICE, Document, Party
    from billing.money import one, totals
    from billing.references import make_rf
    from billing.selectors import today

    buyer = Party("Bakkerij Jansen V.O.F.", "Dorpsstraat 12", "3511 AB", "Utrecht", "NL", "NL123456782B90", "87654321")
    lines = (one("Webanizr Plus, 1 jaar", 12_000, category="S", rate=Decimal(21)),)
    return Document(
        kind=INVOICE,
        number="WB-2026-0123",
        issued_on=today(),
        due_on=today(),
        seller=seller.seller(),
        buyer=buyer,
        buyer_reference="K-20418",
        lines=lines,
        totals=totals(lines),
        iban=seller.iban(),
        bic=seller.bic(),
        rf=make_rf("BV20260417"),
    )


def invoice() -> list[list[float]]:
    """The whole invoice beside WeasyPrint alone, CPU seconds each, interleaved."""
    from weasyprint import HTML

    from billing import documents
    from billing.einvoice import schemas

    made = document()
    source = documents.html(made, customer_no=20418)
    style, fonts = documents._style()

    def whole() -> None:
        for _ in range(20):
            _ubl, cii = schemas.validate(made)
            documents.pdf(made, customer_no=20418, cii=cii)

    def alone() -> None:
        for _ in range(20):
            HTML(string=source, url_fetcher=documents._fetcher()).write_pdf(stylesheets=[style], font_config=fonts)

    whole()
    alone()
    return [[timed(whole, time.process_time) / 20, timed(alone, time.process_time) / 20] for _ in range(5)]


def issue(account: str) -> list[list[float]]:
    """Issuing a draft beside inserting a row of the same size, each with its commit."""
    from django.db import connection, transaction

    from billing import purpose
    from billing.einvoice import cii, ubl
    from billing.models import Invoice
    from billing.selectors import today
    from billing.services.invoices import Draft, stand_in
    from billing.services.issuing import issue as give_number
    from webanizr.core import outbox

    account_id = uuid.UUID(account)
    day = today()
    made = replace(document(), number=stand_in("WB", day.year))
    as_ubl, as_cii = ubl.write(made), cii.write(made)
    setattr(outbox, "nudge", lambda: None)  # noqa: B010  # no worker listens here

    def draft() -> Draft:
        row = Invoice(
            id=uuid.uuid4(),
            customer_id=account_id,
            kind="invoice",
            series="WB",
            year=day.year,
            issued_on=day,
            due_on=day,
            seller=made.seller.as_json(),
            buyer=made.buyer.as_json(),
            buyer_reference="K-20418",
            customer_no=20418,
            treatment="nl",
            lines=[line.as_json() for line in made.lines],
            vat=[group.as_json() for group in made.groups],
            net_cents=made.totals.net_cents,
            vat_cents=made.totals.vat_cents,
            gross_cents=made.totals.gross_cents,
            rf=made.rf,
            language="nl",
            retain_until=day.replace(year=day.year + 7),
        )
        return Draft(made, row, as_ubl, as_cii)

    def ours(drafts: list[Draft]) -> None:
        for each in drafts:
            with purpose.tenant(account_id):
                give_number(each)

    def plain() -> None:
        for _ in range(EACH):
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(
                    "INSERT INTO bench_invoice VALUES (%s, %s, %s, %s, %s)",
                    [str(uuid.uuid4()), json.dumps(made.buyer.as_json()), "[]", as_ubl.decode(), as_cii.decode()],
                )

    ours([draft()])
    plain()
    rounds = []
    for _ in range(9):
        drafts = [draft() for _ in range(EACH)]
        rounds.append([timed(functools.partial(ours, drafts)) / EACH, timed(plain) / EACH])
    return rounds


def reference(number: int, line: int) -> str:
    """Return the payment reference of one of a round's invoices."""
    from billing.references import make_rf

    return make_rf(f"FB{number}X{line:05d}")


def camt(number: int) -> bytes:
    """Return a round's statement of LINES lines; every second one pays an open invoice, by its reference."""
    from billing import seller
    from billing.selectors import today

    day = today().isoformat()

    def balance(code: str, cents: int) -> str:
        return (
            f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy='EUR'>{cents / 100:.2f}</Amt>"
            f"<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>"
        )

    rows = "".join(
        f"<Ntry><Amt Ccy='EUR'>145.20</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>{day}</Dt>"
        f"</BookgDt><AcctSvcrRef>R{number}-{n}</AcctSvcrRef><NtryDtls><TxDtls><Refs><EndToEndId>E{n}</EndToEndId></Refs>"
        "<RltdPties><Dbtr><Nm>J Jansen</Nm></Dbtr>"
        "<DbtrAcct><Id><IBAN>NL20INGB0001234567</IBAN></Id></DbtrAcct></RltdPties>"
        f"<RmtInf><Ustrd>{reference(number, n) if n % 2 else f'factuur WB-2026-{n:04d}'}</Ustrd></RmtInf>"
        "</TxDtls></NtryDtls></Ntry>"
        for n in range(LINES)
    )
    return (
        "<?xml version='1.0' encoding='UTF-8'?><Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.053.001.08'>"
        f"<BkToCstmrStmt><Stmt><Id>S{number}</Id><Acct><Id><IBAN>{seller.iban()}</IBAN></Id></Acct>"
        f"{balance('OPBD', number)}{balance('CLBD', number + 14_520 * LINES)}{rows}</Stmt></BkToCstmrStmt></Document>"
    ).encode()


def hire() -> list[list[float]]:
    """Let somebody into the billing team."""
    from django.core.management import call_command

    call_command("staff", "add", SAM, "--team", "billing", stdout=sys.stderr)
    return []


def references(number: str) -> list[list[float]]:
    """Print the references of a round's invoices, and nothing that was measured."""
    print(",".join(reference(int(number), n) for n in range(1, LINES, 2)))
    return []


def statement(number: str) -> list[list[float]]:
    """Reading a round's statement in beside parsing it alone."""
    from django.utils import timezone

    from accounts.models import User
    from billing.services.statements import import_statement
    from billing.statements import read

    sam = User.objects.get(email=SAM)
    data = camt(int(number))
    whole = timed(functools.partial(import_statement, data=data, actor=sam, now=timezone.now()))
    return [[whole, timed(functools.partial(read, data))]]


def book() -> list[list[float]]:
    """Booking what was matched, as the worker does before it looks at single lines."""
    from django.db import transaction

    from billing import purpose
    from billing.models import BankLine
    from billing.services.together import book_exact
    from webanizr.core import outbox

    setattr(outbox, "nudge", lambda: None)  # noqa: B010  # no worker listens here
    with transaction.atomic(), purpose.billing():
        line = BankLine.objects.filter(state=BankLine.State.MATCHED).first()
    assert line is not None
    booked: list[int] = []
    took = timed(lambda: booked.append(book_exact(line.statement_id)))
    assert booked == [LINES // 2], f"{booked} of {LINES // 2} lines were booked"
    return [[took]]


def main(arguments: list[str]) -> int:
    """Run one measurement."""
    import django

    django.setup()
    acts: dict[str, Callable[..., list[list[float]]]] = {
        "invoice": invoice,
        "issue": issue,
        "hire": hire,
        "references": references,
        "statement": statement,
        "book": book,
    }
    print(json.dumps(acts[arguments[0]](*arguments[1:])))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
