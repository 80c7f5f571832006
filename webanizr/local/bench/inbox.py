"""`inbox`, `search` and `export`: reading what came in, opened."""

from __future__ import annotations

import http.client
import json
import os
import random
import statistics
import time
import uuid
from collections.abc import Callable
from urllib.parse import quote

from webanizr.local.bench import Measured, bench
from webanizr.local.bench.stage import ROUNDS, Stage
from webanizr.local.place import Problem

MANY, SOME = 100_000, 10_000
ASKED = 200


def form_with(stage: Stage, count: int, *, indexed: bool = False) -> str:
    """Return the id of a form with that many messages, made once: sealed, and if asked for searchable."""
    known = f"form of {count}"
    if known not in stage.known:
        content = stage.content
        form = stage.known[known] = str(uuid.uuid4())
        stage.sql(
            "admin",
            "INSERT INTO sites_form (id, account_id, site_id, name, fields, button, thanks, notify, retention_days,"  # noqa: S608  # our own ids
            f" created_at, updated_at) SELECT '{form}', account_id, site_id, 'Bench {count}', fields, '', '', false,"
            f" 365, now(), now() FROM sites_form WHERE id = '{content['form']}'",
        )
        where = (content["account"], content["site"], form)
        stage.python("webanizr.local.bench.collected", "fill", *where, str(count), service="hosting")
        if indexed:
            stage.python("webanizr.local.bench.collected", "index", content["account"], form, service="worker")
        stage.sql("admin", "ANALYZE")
    return str(stage.known[known])


def pages(stage: Stage, path: Callable[[int], str], count: int) -> list[float]:
    """Ask the app for pages one after the other on a kept connection; return the milliseconds of each."""
    with stage.web("app") as port:
        headers = {"Host": f"localhost:{port}", "Cookie": f"session={stage.content['session']}"}
        os.sched_setaffinity(0, stage.load)
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            took = []
            for number in range(count + 20):
                began = time.perf_counter()
                connection.request("GET", path(number), headers=headers)
                answer = connection.getresponse()
                text = answer.read()
                took.append((time.perf_counter() - began) * 1000)
                if answer.status != 200 or b"mrow" not in text:
                    raise Problem(f"{path(number)} answers {answer.status} without messages")
            return took[20:]
        finally:
            os.sched_setaffinity(0, stage.server)


@bench("inbox", unit="ms p50", target=15, most=True)
def inbox(stage: Stage) -> Measured:
    """Measure the inbox's page of fifty, opened, with a hundred thousand messages in the form."""
    form = form_with(stage, MANY)
    took = pages(stage, lambda number: f"/inbox/?form={form}", ASKED)
    return Measured(
        statistics.median(took),
        f"p50 {statistics.median(took):.1f} ms, p95 {sorted(took)[int(len(took) * 0.95)]:.1f} ms",
        f"{MANY:,} sealed messages in the form; {ASKED} pages of 50 over HTTP, whole page, {stage.pinned}",
    )


@bench("search", unit="ms p95", target=200, most=True)
def search(stage: Stage) -> Measured:
    """Measure searching ten thousand messages: rare and common words, several words, addresses, numbers."""
    form = form_with(stage, SOME, indexed=True)
    chance = random.Random(16)  # noqa: S311  # the same questions each time
    kinds: list[Callable[[int], str]] = [
        lambda n: f"vera{n}@example.nl",
        lambda n: f"06 {n:08d}",
        lambda n: str(n),
        lambda n: "babel baden",
        lambda n: "vera",
        lambda n: f"visser {n}",
    ]

    def path(number: int) -> str:
        asked = kinds[number % len(kinds)](chance.randrange(SOME))
        return f"/inbox/?form={form}&q={quote(asked)}"

    took = pages(stage, path, ASKED)
    p95 = sorted(took)[int(len(took) * 0.95)]
    return Measured(
        p95,
        f"p50 {statistics.median(took):.1f} ms, p95 {p95:.1f} ms",
        f"{SOME:,} messages; addresses, numbers, rare and common words in turn; {ASKED} pages over HTTP,"
        f" {stage.pinned}",
    )


@bench("export", unit="× COPY", target=0.06)
def export(stage: Stage) -> Measured:
    """Measure a CSV of a hundred thousand messages, opened and sealed again, beside COPY of the stored rows."""
    form = form_with(stage, MANY)
    text = stage.python(
        "webanizr.local.bench.collected", "export", stage.content["account"], form, str(ROUNDS), service="exporter"
    )
    found = json.loads(text.splitlines()[-1])
    mine, limit = (MANY / statistics.median(found[name]) for name in ("mine", "limit"))
    ratio = statistics.median(b / a for a, b in zip(found["mine"], found["limit"], strict=True))
    return Measured(
        ratio,
        f"{mine:,.0f} rows/s beside {limit:,.0f} rows/s; {found['grown_mb']:.0f} MB of memory (≤ 50)",
        f"{MANY:,} messages, {found['bytes'] / 1e6:.0f} MB; {ROUNDS} rounds, {stage.pinned}",
        met=ratio >= 0.06 and found["grown_mb"] <= 50,
    )
