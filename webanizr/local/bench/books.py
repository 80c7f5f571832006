"""`invoice`, `issue` and `statement`: making a document, giving it its number, and reading 10,000 bank lines."""

from __future__ import annotations

import json

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
        "context, reference, outbox row, number, both XMLs, trigger, journal and chain; durable; 9 rounds of 200",
    )


@bench("statement", unit="s", target=5, most=True)
def statement(stage: Stage) -> Measured:
    """Measure reading a statement of 10,000 lines in, as the billing team does."""
    stage.python(WORK, "hire", service="migrator")
    ours, parsing = rounds(stage, "statement", service="staff")
    return Measured(
        ours,
        f"parsing alone {parsing:.2f} s, a {parsing / ours:.2f} part of it",
        "CAMT.053, 10,000 lines, half of them with a reference of ours; read, proved, matched and stored; 3 rounds",
    )
