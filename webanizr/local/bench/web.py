"""`page` and `page_nginx`: a published page beside the same bytes from a bare WSGI application and from nginx."""

from __future__ import annotations

import http.client
import os
import time
from pathlib import Path

from webanizr.local.bench import Measured, bench
from webanizr.local.bench.load import ROUNDS, medians, program, wrk
from webanizr.local.bench.stage import Stage
from webanizr.local.place import Problem, free_port

PATH = "/pagina-1"


def fetch(port: int, path: str, host: str) -> bytes:
    """Return a page's bytes; raises Problem when it isn't there."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path, headers={"Host": host})
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 200:
        raise Problem(f"{host}{path} answers {answer.status}")
    return body


def stored(stage: Stage, port: int) -> Path:
    """Write the published page to a file, for the others to serve; return its path."""
    file = stage.own.data / "www" / "page.html"
    file.parent.mkdir(exist_ok=True)
    file.parent.chmod(0o755)
    file.write_bytes(fetch(port, PATH, stage.content["host"]))
    file.chmod(0o644)
    return file


@bench("page", unit="× bare WSGI", target=0.7)
def page(stage: Stage) -> Measured:
    """Measure a published page through the hosting service beside a bare WSGI application on the same server."""
    program("wrk")
    host = stage.content["host"]
    with stage.web("hosting") as ours:
        file = stored(stage, ours)
        with stage.web("hosting", "webanizr.local.bench.apps:page", BENCH_PAGE=str(file)) as bare:
            rounds = []
            for _ in range(ROUNDS):
                mine = wrk(stage, ours, PATH, host=host)
                limit = wrk(stage, bare, PATH, host=host)
                if mine.bad or limit.bad:
                    raise Problem(f"{mine.bad} and {limit.bad} answers were no 200")
                rounds.append((mine.per_second / limit.per_second, mine.per_second, limit.per_second))
    ratio, mine_rate, limit_rate = medians(rounds)
    stage.known["page"] = mine_rate
    size = file.stat().st_size
    return Measured(
        ratio,
        f"{mine_rate:,.0f}/s beside {limit_rate:,.0f}/s",
        f"{size:,} bytes, granian 1 worker × 4 threads, 16 connections, {ROUNDS} rounds, {stage.pinned}",
    )


@bench("page_nginx", unit="× nginx")
def page_nginx(stage: Stage) -> Measured:
    """Measure the same page beside nginx serving the file."""
    program("wrk")
    host, port = stage.content["host"], free_port()
    with stage.web("hosting") as ours:
        file = stored(stage, ours)
        configuration = stage.own.data / "nginx.conf"
        user = "user root;" if os.geteuid() == 0 else ""
        configuration.write_text(
            f"{user} daemon off; worker_processes 1; pid {stage.own.data}/nginx.pid; error_log stderr;"
            f" events {{ worker_connections 1024; }} http {{ access_log off; sendfile on; keepalive_requests 1000000;"
            f" default_type text/html; server {{ listen 127.0.0.1:{port}; root {file.parent}; }} }}"
        )
        command: list[str | Path] = [program("nginx"), "-p", stage.own.data, "-c", configuration]
        with stage.process(command, name="nginx"):
            time.sleep(0.5)
            rounds = []
            for _ in range(ROUNDS):
                mine = wrk(stage, ours, PATH, host=host)
                limit = wrk(stage, port, "/page.html", host=host)
                if mine.bad or limit.bad:
                    raise Problem(f"{mine.bad} and {limit.bad} answers were no 200")
                rounds.append((mine.per_second / limit.per_second, mine.per_second, limit.per_second))
    ratio, mine_rate, limit_rate = medians(rounds)
    return Measured(
        ratio,
        f"{mine_rate:,.0f}/s beside {limit_rate:,.0f}/s",
        f"{file.stat().st_size:,} bytes, nginx 1 worker, 16 connections, {ROUNDS} rounds, {stage.pinned}",
    )
