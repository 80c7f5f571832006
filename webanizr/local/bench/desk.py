"""`publish`, `editor` and `start`: what the customer waits for."""

from __future__ import annotations

import http.client
import json
import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping
from typing import Any

from webanizr.local.bench import Measured, bench
from webanizr.local.bench.stage import ROUNDS, Stage
from webanizr.local.place import ROOT, Problem, free_port

PAGES = 20
CHANGES = 200


@bench("publish", unit="pages/s", target=100)
def publish(stage: Stage) -> Measured:
    """Measure a whole site going online: every page rendered, compressed and stored."""
    known = stage.content
    text = stage.python("webanizr.local.bench.content", "publish", known["account"], known["user"], known["site"], "7")
    seconds = statistics.median(json.loads(text.splitlines()[-1]))
    return Measured(
        PAGES / seconds,
        f"{seconds * 1000:.0f} ms for {PAGES} pages",
        "every page changed; rendered, brotli and gzip, stored in S3, version row and pointer committed; 7 rounds",
    )


def ask(port: int, method: str, path: str, *, headers: Mapping[str, str], body: str = "") -> tuple[int, bytes, str]:
    """Return (status, body, first cookie) of one request on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request(method, path, body=body or None, headers=dict(headers))
    answer = connection.getresponse()
    return answer.status, answer.read(), answer.headers.get("Set-Cookie", "")


@bench("editor", unit="ms p50", target=15, most=True)
def editor(stage: Stage) -> Measured:
    """Measure one change in the editor: the block comes back rendered. Its 95th percentile may be 40 ms."""
    known = stage.content
    base = f"/sites/{known['site']}/pages/{known['page']}"
    with stage.web("app") as port:
        headers = {"Host": f"localhost:{port}", "Cookie": f"session={known['session']}"}
        status, _page, cookie = ask(port, "GET", f"{base}/edit/", headers=headers)
        if status != 200:
            raise Problem(f"the editor answers {status}")
        token = cookie.partition("csrf=")[2].partition(";")[0]
        headers |= {"Cookie": f"{headers['Cookie']}; csrf={token}", "X-CSRFToken": token}
        headers |= {"Content-Type": "application/json", "Accept": "application/json"}
        headers["Origin"] = f"http://localhost:{port}"
        took = _changes(stage, port, f"{base}/render/", headers, known["content"])
    p50, p95 = statistics.median(took), sorted(took)[int(len(took) * 0.95)]
    return Measured(
        p50,
        f"p50 {p50:.1f} ms, p95 {p95:.1f} ms (≤ 40)",
        f"{CHANGES} changes one after the other on a kept connection, over HTTP, {stage.pinned}",
        met=p50 <= 15 and p95 <= 40,
    )


def _changes(stage: Stage, port: int, path: str, headers: Mapping[str, str], content: dict[str, Any]) -> list[float]:
    """Send a change to each block in turn; return the milliseconds of each."""
    os.sched_setaffinity(0, stage.load)
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        took = []
        for number in range(CHANGES + 20):
            block = content["blocks"][number % len(content["blocks"])]
            if "heading" in block:
                block["heading"] = f"Kop nummer {number}"
            body = json.dumps({"content": content, "block": block["id"]})
            began = time.perf_counter()
            connection.request("POST", path, body=body, headers=dict(headers))
            answer = connection.getresponse()
            text = answer.read()
            took.append((time.perf_counter() - began) * 1000)
            if answer.status != 200:
                raise Problem(f"the editor's render answers {answer.status}: {text[:300]!r}")
        return took[20:]
    finally:
        os.sched_setaffinity(0, stage.server)


@bench("start", unit="s", target=10, most=True)
def start(stage: Stage) -> Measured:
    """Measure `manage.py up` from the command to its line `ready`, the second time."""
    data = stage.own.data / "start"
    environment = {key: value for key, value in os.environ.items() if key in ("PATH", "HOME", "LANG", "TMPDIR")}
    environment["WEBANIZR_DATA"] = str(data)
    os.sched_setaffinity(0, stage.server | stage.load)  # as it is for its users
    try:
        took = []
        for _ in range(ROUNDS + 1):
            ports = [str(free_port()) for _ in range(3)]
            environment |= dict(zip(("PORT_APP", "PORT_HOSTING", "PORT_STAFF"), ports, strict=True))
            took.append(_up(environment, ports[0]))
    finally:
        os.sched_setaffinity(0, stage.server)
    seconds = statistics.median(took[1:])
    return Measured(
        seconds, f"first start with an empty data directory {took[0]:.1f} s", f"{ROUNDS} starts, both cores"
    )


def _up(environment: dict[str, str], port: str) -> float:
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "manage.py"), "up"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    try:
        for line in process.stdout:
            if line.startswith(f"ready http://localhost:{port}"):
                return time.perf_counter() - began
        raise Problem("`up` ended before it was ready")
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
