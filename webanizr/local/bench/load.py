"""Load: wrk for as much as goes, and a steady rate of our own for latencies. Only ever against 127.0.0.1."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from webanizr.local.bench.stage import ROUNDS, SECONDS, Stage
from webanizr.local.place import ROOT, Problem

SCRIPT = """
local bodies, n, headers = {}, 0, {}
function init(arguments)
  for line in io.lines(arguments[1]) do bodies[#bodies + 1] = line end
  headers["Content-Type"] = "application/x-www-form-urlencoded"
  headers["Sec-Fetch-Site"] = "same-origin"
  headers["Host"] = arguments[3]
end
function request()
  n = n % #bodies + 1
  headers["X-Forwarded-For"] = "10." .. n % 251 .. "." .. math.floor(n / 251) % 251 .. "." .. 1
  return wrk.format("POST", arguments_path, headers, bodies[n])
end
"""
DONE = """
function done(summary, latency, requests)
  io.write(string.format('\\nresult {"requests": %d, "microseconds": %d, "bad": %d, "p50": %.1f, "p99": %.1f}\\n',
    summary.requests, summary.duration,
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.status
      + summary.errors.timeout, latency:percentile(50), latency:percentile(99)))
end
"""


@dataclass(frozen=True)
class Rate:
    """What one run of wrk found."""

    per_second: float
    bad: int
    requests: int


def program(name: str) -> str:
    """Return the path of wrk or nginx; raises Problem with what installs them."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
    if not found:
        raise Problem(f"`bench` needs {name}: apt-get install -y --no-install-recommends wrk nginx-light")
    return found


def wrk(
    stage: Stage,
    port: int,
    path: str,
    *,
    host: str = "",
    bodies: Path | None = None,
    connections: int = 16,
    seconds: float = SECONDS,
) -> Rate:
    """Ask `path` as often as goes; with `bodies` post one line of that file after the other."""
    script = stage.own.data / "wrk.lua"
    text = SCRIPT.replace("arguments_path", json.dumps(path)) if bodies else ""
    script.write_text(text + DONE)
    command = [program("wrk"), "-t1", f"-c{connections}", f"-d{seconds:g}s", "-s", str(script)]
    command += ["-H", f"Host: {host}"] if host else []
    command += [f"http://127.0.0.1:{port}{path}"]
    command += ["--", str(bodies), path, host] if bodies else []
    done = subprocess.run(command, capture_output=True, text=True, check=False, preexec_fn=stage.on_load_core)
    line = next((line for line in done.stdout.splitlines() if line.startswith("result ")), "")
    if not line:
        raise Problem(f"wrk failed: {(done.stdout + done.stderr)[-500:]}")
    found = json.loads(line.removeprefix("result "))
    return Rate(found["requests"] / found["microseconds"] * 1e6, found["bad"], found["requests"])


def steady(stage: Stage, port: int, path: str, *, host: str, bodies: Path, per_second: float, seconds: float) -> float:
    """Post at a fixed rate; return the 99th percentile in ms, counted from when each post was due."""
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "webanizr.local.bench.steady",
            str(port),
            path,
            host,
            str(bodies),
            f"{per_second:.1f}",
            f"{seconds:g}",
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env=dict(os.environ),
        preexec_fn=stage.on_load_core,
    )
    if done.returncode:
        raise Problem(f"the steady load failed: {done.stderr[-1000:]}")
    return float(done.stdout)


def medians(rounds: Sequence[tuple[float, ...]]) -> tuple[float, ...]:
    """Return the median of each column."""
    return tuple(statistics.median(column) for column in zip(*rounds, strict=True))


__all__ = ["ROUNDS", "SECONDS", "Rate", "medians", "program", "steady", "wrk"]
