"""`invoice`, `issue` and `statement`: making a document, giving it its number, and reading 10,000 bank lines."""

from __future__ import annotations

import json
import time

from webanizr.local.bench import Measured, bench
from webanizr.local.bench.load import medians
from webanizr.local.bench.stage import Stage

WORK = "webanizr.local.bench.ledger"
PLAIN = """
CREATE TABLE IF NOT EXISTS bench_invoice (id uuid PRIMARY KEY, buyer jsonb, lines jsonb, ubl text, cii text);
GRANT INSERT ON bench_invoice TO webanizr_worker;
"""


def rounds(stage: Stage, what: str, *arguments: str, service: str = "worker") -> tuple[float, ...]:
    """Run a measurement in a process of its own; return the median of each column."""
    return medians(json.loads(stage.python(WORK, what, *arguments, service=service).splitlines()[-1]))


@bench("invoice", unit="ratio", target=0.8)
def invoice(stage: Stage) -> Measured:
    """Measure a whole invoice: both XMLs written, all checks, PDF/A-3 with the XML inside."""
    ours, alone = rounds(stage, "invoice")
    return Measured(
        alone / ours,
        f"WeasyPrint alone {alone * 1000:.0f} ms, the whole invoice {ours * 1000:.0f} ms of CPU",
        "same HTML, style and fonts; plain PDF without checks or attachment on the other side; 5 rounds of 20",
    )


@bench("issue", unit="ratio", target=0.5)
def issue(stage: Stage) -> Measured:
    """Measure giving a checked draft its number, against an INSERT of the same row and its COMMIT."""
    known = stage.content
    stage.sql("admin", PLAIN)
    ours, plain = rounds(stage, "issue", known["account"])
    return Measured(
        plain / ours,
        f"INSERT + COMMIT {1 / plain:.0f}/s, issuing {1 / ours:.0f}/s",
        "context, reference, outbox row, number, trigger, journal and chain; drafts made before; durable; 9 × 200",
    )


# An open invoice for each reference, without number or XML: nobody prints these. Triggers don't look.
OPEN = """
SET session_replication_role = replica;
INSERT INTO billing_invoice (id, customer_id, kind, series, year, no, number, issued_on, due_on, seller, buyer,
    buyer_reference, customer_no, treatment, reason, lines, vat, net_cents, vat_cents, gross_cents, rf, language,
    evidence, ubl, cii, sha256, retain_until, pdf_key)
SELECT gen_random_uuid(), '{account}', 'invoice', 'B{round}', 2026, no, 'B{round}-' || no, current_date, current_date,
    '{{}}', '{{}}', 'K-1', 1, 'nl', '', '[]', '[]', 12000, 2520, 14520, rf, 'nl', '{{}}', '', '', '',
    current_date + 3000, ''
FROM unnest('{{{references}}}'::text[]) WITH ORDINALITY AS wanted (rf, no);
INSERT INTO billing_paymentreference (rf, customer_id, invoice_id, made_at)
    SELECT rf, customer_id, id, now() FROM billing_invoice WHERE series = 'B{round}';
SET session_replication_role = origin;
ANALYZE billing_invoice, billing_paymentreference;
"""


@bench("statement", unit="s", target=5, most=True)
def statement(stage: Stage) -> Measured:
    """Measure ten thousand bank lines from the file to the books: the billing team reads in, the worker books."""
    account = stage.content["account"]
    stage.python(WORK, "hire", service="migrator")
    first = int(time.time()) % 1_000_000  # a later run's references are others
    found: list[tuple[float, ...]] = []
    for number in range(first, first + 3):
        known = stage.python(WORK, "references", str(number), service="worker").splitlines()[0]
        stage.sql("admin", OPEN.format(account=account, round=number % 1000, references=known))
        read_in, parsing = rounds(stage, "statement", str(number), service="staff")
        (booked,) = rounds(stage, "book")
        found.append((read_in + booked, read_in, booked, parsing))
    ours, read_in, booked, parsing = medians(found)
    return Measured(
        ours,
        f"parsing alone {parsing:.2f} s, a {parsing / ours:.2f} part; read in {read_in:.2f} s, booked {booked:.2f} s",
        "CAMT.053, 10,000 lines, half of them pay an open invoice; read, proved, matched, stored and booked; 3 rounds",
    )
