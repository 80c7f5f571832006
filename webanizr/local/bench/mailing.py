"""`sync`: the first synchronisation of 100,000 people with a mailing platform, and the comparison of the whole list."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from webanizr.local.bench import Measured, bench
from webanizr.local.bench.stage import Stage
from webanizr.local.place import ROOT, Problem, free_port
from webanizr.local.process import end, spawn
from webanizr.local.systems import get

PEOPLE = 100_000
CALLS, GROWTH = 1.05, 50.0  # most calls for one person, most MB


@contextmanager
def platform(stage: Stage, name: str) -> Iterator[str]:
    """Run a platform's stand-in, unthrottled, on the load's core; yield its origin."""
    port = free_port()
    folder = Path(stage.own.data) / "fakes" / f"{name}-{port}"
    command = [sys.executable, "-m", "tests.fakes", name, "--port", str(port), "--folder", str(folder)]
    process = spawn(command, env=stage.environment("worker"), output=subprocess.DEVNULL, cwd=ROOT)
    try:
        os.sched_setaffinity(process.pid, stage.load)
        deadline = time.monotonic() + 30
        while True:
            try:
                get(f"http://127.0.0.1:{port}/_control/")
                break
            except OSError:
                if time.monotonic() > deadline:
                    raise Problem(f"{name} did not start.") from None
                time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        end(process, patience=5)


@bench("sync", unit="calls per person", target=CALLS, most=True)
def sync(stage: Stage) -> Measured:
    """Measure the platform that takes one person a call (Brevo)."""
    from tests.fakes import environment

    with platform(stage, "brevo") as origin:
        extra = {**environment("brevo", origin), "BREVO_RATE": "1000000"}
        done = subprocess.run(
            [sys.executable, "-m", "webanizr.local.bench.syncing", str(PEOPLE)],
            env=stage.environment("worker") | extra,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise Problem(f"the synchronisation failed:\n{done.stderr[-3000:]}")
        first, compared = (json.loads(line) for line in done.stdout.splitlines()[-2:])
        requests = get(f"{origin}/_control/")["requests"]
    pages = compared["listed"] / 500
    calls = (requests - pages) / PEOPLE
    growth = max(first["growth"], compared["growth"])
    whole = first["done"] == PEOPLE and compared["drift"] == 0
    return Measured(
        calls,
        f"{PEOPLE / first['seconds']:.0f} people/s, comparison {compared['listed'] / compared['seconds']:.0f} people/s,"
        f" memory +{first['growth']:.0f} and +{compared['growth']:.0f} MB (≤ {GROWTH:.0f})",
        f"{PEOPLE} people, one call each as Brevo has it, every transfer recorded before it leaves, {stage.pinned}",
        met=calls <= CALLS and growth <= GROWTH and whole,
    )
