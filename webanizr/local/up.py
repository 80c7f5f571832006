"""`manage.py up`: the whole product on this machine, until Ctrl-C.

Servers, roles, schema, services, demo content; `ready http://localhost:8000` once all of it answers.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import closing
from typing import Any

import psycopg2

from webanizr.local import provision
from webanizr.local.objects import REGION
from webanizr.local.place import ROOT, Place, Ports, Problem, read_json, say, write_json
from webanizr.local.process import MARK, end, spawn, sweep
from webanizr.local.servers import Servers, migration_mark
from webanizr.local.supervisor import Program, Supervisor, programs, rotate
from webanizr.local.systems import wanted


def main(arguments: list[str]) -> int:
    """Run until a signal asks to stop; return the exit code."""
    if arguments:
        raise Problem(f"`up` takes no arguments ({arguments[0]}): ports come from the environment, see README.md.")
    place, ports = Place(), Ports.from_environment()
    os.umask(0o077)  # mail, files and logs are for this user's eyes
    place.make()
    with place.lock("up") as ours:
        if not ours:
            running = read_json(place.run_file) or {}
            where = f" at {running['app']}" if "app" in running else ""
            using = f"{place.holder()} already uses {place.data}{where}"
            raise Problem(f"{using}: stop it, or set WEBANIZR_DATA and other ports.")
        place.run_file.unlink(missing_ok=True)
        place.servers_file.unlink(missing_ok=True)
        ports.check_free(patience=5 if sweep(place.data) else 0)
        rotate(place.data / "log")
        return run(place, ports, stop_signals())


def stop_signals() -> threading.Event:
    """Return an event that Ctrl-C, SIGTERM or a closed terminal sets."""
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stopping.set())
    return stopping


def run(place: Place, ports: Ports, stopping: threading.Event) -> int:
    """Start everything, watch it, stop everything."""
    began = time.monotonic()
    with Servers(place, systems=wanted(place.data)) as servers:
        supervisor: Supervisor | None = None
        demo: Program | None = None
        try:
            servers.start(stopping=stopping, wait=("postgres",))
            if not stopping.is_set():
                migrate(servers, ports, place, stopping)
                servers.wait(("valkey", "mailing", "statistics"), stopping=stopping)
                servers.announce(ports)
            if not stopping.is_set():
                supervisor = Supervisor(programs(servers, ports, place), servers, stopping)
                supervisor.start()
                demo = start_demo(servers, ports, place)
                supervisor.wait_ready()
                servers.wait(("s3",), stopping=stopping)
                finish_demo(demo, servers, ports, place, stopping)
            if supervisor is not None and not stopping.is_set():
                announce(place, ports, servers, supervisor)
                print(f"ready http://localhost:{ports.app}", flush=True)
                hint(place, ports, time.monotonic() - began)
                while not stopping.wait(0.2):
                    if supervisor.watch():
                        with contextlib.suppress(OSError):  # a full disk is no reason to stop
                            announce(place, ports, servers, supervisor)
        finally:
            say("webanizr: stopping …")
            place.run_file.unlink(missing_ok=True)
            if demo is not None:
                demo.stop()
            if supervisor is not None:
                supervisor.stop()
            place.servers_file.unlink(missing_ok=True)
    say("webanizr: stopped")
    return 0


def migrate(servers: Servers, ports: Ports, place: Place, stopping: threading.Event) -> None:
    """Make roles, database and schema, unless this very schema is in place already."""
    mark = migration_mark()
    remembered = read_json(place.data / "schema.json")
    servers.provision()
    if remembered == {"mark": mark, "applied": applied(servers)}:
        return
    say("webanizr: making the database …")
    process = spawn(
        [sys.executable, "-m", "webanizr.local.prepare", *([] if servers.objects else ["--bucket"])],
        env=servers.environment("migrator", ports) | {MARK: str(place.data)},
        output=subprocess.PIPE,
        cwd=ROOT,
    )
    lines: list[str] = []
    carrier = threading.Thread(target=_collect, args=(process, lines), daemon=True)
    carrier.start()
    while process.poll() is None:
        if stopping.wait(0.05):
            end(process, patience=10)
            return
    carrier.join(2)
    if process.returncode:
        for line in lines[-30:]:
            say(f"migrate  | {line}")
        raise Problem("The database could not be migrated; the reason is above. Nothing was lost.")
    write_json(place.data / "schema.json", {"mark": mark, "applied": applied(servers)})


def _collect(process: subprocess.Popen[bytes], lines: list[str]) -> None:
    assert process.stdout is not None
    with process.stdout:
        lines.extend(line.decode(errors="replace").rstrip() for line in process.stdout)


def applied(servers: Servers) -> str:
    """Return what tells this database's migrations from another's: their number, and when the last one ran."""
    with closing(provision.connect(servers.login("migrator"))) as connection, connection.cursor() as cursor:
        try:
            cursor.execute("SELECT count(*), max(applied) FROM django_migrations")
        except psycopg2.errors.UndefinedTable:
            return "none"
        row = cursor.fetchone()
        return f"{row[0]} {row[1]}" if row else "none"


def start_demo(servers: Servers, ports: Ports, place: Place) -> Program | None:
    """Start making the demo content, where this database has none yet."""
    done = read_json(place.data / "demo.json")
    schema = read_json(place.data / "schema.json") or {}
    if not (ROOT / "webanizr" / "local" / "demo.py").exists() or (done and done.get("database") == identity(servers)):
        return None
    if not schema:
        return None
    command = [sys.executable, str(ROOT / "manage.py"), "demo"]
    demo = Program("demo", command, servers.environment("app", ports), place, patience=5)
    demo.spawn()
    return demo


def identity(servers: Servers) -> str:
    """Return a name of the database that a new one with the same URL doesn't have."""
    with closing(provision.connect(servers.login("migrator"))) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT oid::text FROM pg_database WHERE datname = current_database()")
        row = cursor.fetchone()
        cursor.execute("SELECT min(applied)::text FROM django_migrations")
        first = cursor.fetchone()
        return f"{row and row[0]} {first and first[0]}"


def visit_demo(url: str | None, servers: Servers, ports: Ports, place: Place, stopping: threading.Event) -> None:
    """Have visitors fill in the demo site's form, as the hosting service: no other login may add a message."""
    if url is None:
        return
    command = [sys.executable, str(ROOT / "manage.py"), "demo", url]
    visitors = Program("demo", command, servers.environment("hosting", ports), place, patience=5)
    visitors.spawn()
    assert visitors.process is not None
    while visitors.process.poll() is None and not stopping.wait(0.05):
        pass
    visitors.stop()


def finish_demo(demo: Program | None, servers: Servers, ports: Ports, place: Place, stopping: threading.Event) -> None:
    """Wait for the demo content and remember its site's address, the last line that `demo` prints."""
    if demo is None or demo.process is None:
        return
    while demo.process.poll() is None and not stopping.wait(0.05):
        pass
    time.sleep(0.05)
    if demo.process.poll() == 0:
        url = next((line for line in reversed(demo.tail) if line.startswith("http")), None)
        visit_demo(url, servers, ports, place, stopping)
        write_json(place.data / "demo.json", {"database": identity(servers), "site": url})
    elif not stopping.is_set():
        say("webanizr: the demo content could not be made; the reason is above")


def announce(place: Place, ports: Ports, servers: Servers, supervisor: Supervisor) -> None:
    """Write var/run.json."""
    content: dict[str, Any] = {f"{name}": f"http://localhost:{port}" for name, port in ports.named()}
    content |= {
        "site": (read_json(place.data / "demo.json") or {}).get("site"),
        "mail": f"http://localhost:{ports.app}/dev/mail/",
        "pids": supervisor.pids(),
        "database": servers.logins(),
        "redis": servers.redis_url,
        "s3": {
            "endpoint": servers.s3_url,
            "region": REGION,
            "bucket": servers.bucket,
            "access_key": servers.s3_keys[0],
            "secret_key": servers.s3_keys[1],
        },
        "fakes": servers.fakes(),
    }
    write_json(place.run_file, content)


def hint(place: Place, ports: Ports, seconds: float) -> None:
    """Say where to look."""
    site = (read_json(place.data / "demo.json") or {}).get("site")
    say(f"webanizr: started in {seconds:.1f} s; mail is at http://localhost:{ports.app}/dev/mail/; Ctrl-C stops")
    if site:
        say(f"webanizr: the demo site is at {site}")
