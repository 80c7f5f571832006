"""What the figures are measured on: own servers, one account with a site of twenty pages, services pinned to a core."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

from webanizr.local.place import ROOT, Place, Ports, Problem, free_port, read_json, say
from webanizr.local.process import MARK, end, spawn, sweep
from webanizr.local.provision import connect, with_path
from webanizr.local.servers import Servers
from webanizr.local.supervisor import Web

ROUNDS = 3
SECONDS = 4


def cores() -> tuple[set[int], set[int]]:
    """Return (server's core, load's core); the same one on a machine with one."""
    usable = sorted(os.sched_getaffinity(0))
    return {usable[0]}, {usable[-1]}


class Stage:
    """The servers and the site; started when a figure first asks for them."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.own = Place(place.data / "bench")
        self.server, self.load = cores()
        self.known: dict[str, Any] = {}  # what one figure found and another needs
        self._stack = ExitStack()

    def __enter__(self) -> Stage:
        os.umask(0o077)
        self.place.make()
        if (read_json(self.place.run_file) or {}).get("app"):
            say("webanizr: `up` is running beside this; stop it for figures that mean something")
        busy = self._busy()
        if busy > 0.1:
            say(f"webanizr: other programs use {busy:.0%} of this machine; the figures will be off")
        self.own.make()
        ours = self._stack.enter_context(self.own.lock("bench"))
        if not ours:
            raise Problem(f"{self.own.holder()} already uses {self.own.data}.")
        sweep(self.own.data)
        os.sched_setaffinity(0, self.server)  # everything started from here inherits it
        return self

    def __exit__(self, *error: Any) -> None:
        self._stack.close()

    @staticmethod
    def _busy() -> float:
        def read() -> tuple[int, int]:
            fields = [int(part) for part in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
            return sum(fields), fields[3] + fields[4]

        total, idle = read()
        time.sleep(0.5)
        total_after, idle_after = read()
        return 1 - (idle_after - idle) / max(1, total_after - total)

    @property
    def pinned(self) -> str:
        """Say which core does what."""
        return f"server on core {min(self.server)}, load on core {min(self.load)}"

    @cached_property
    def servers(self) -> Servers:
        """PostgreSQL, Valkey and S3, durable as in production, with a fresh schema."""
        for name in ("postgres", "valkey", "s3"):
            shutil.rmtree(self.own.data / name, ignore_errors=True)
        servers = self._stack.enter_context(Servers(self.own))
        servers.start()
        servers.provision()
        servers.announce(self.ports)
        self._stack.callback(self.own.servers_file.unlink, missing_ok=True)
        self.python("webanizr.local.prepare", service="migrator", servers=servers)
        return servers

    @cached_property
    def ports(self) -> Ports:
        """Free ports for the services."""
        return Ports(free_port(), free_port(), free_port())

    @cached_property
    def content(self) -> dict[str, Any]:
        """The account and site that the figures use; see `webanizr.local.bench.content`."""
        found: dict[str, Any] = json.loads(self.python("webanizr.local.bench.content", "make").splitlines()[-1])
        return found

    def environment(self, service: str, servers: Servers | None = None) -> dict[str, str]:
        """Return the environment of a process of `service` on the bench's servers."""
        found = (servers or self.servers).environment(service, self.ports)
        return found | {MARK: str(self.own.data), "PROXIES": "127.0.0.1"}

    def python(self, module: str, *arguments: str, service: str = "app", servers: Servers | None = None) -> str:
        """Run a module as a service's process on the server's core; return what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", module, *arguments],
            env=self.environment(service, servers),
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise Problem(f"{module} {' '.join(arguments)} failed:\n{done.stderr[-3000:]}")
        return done.stdout

    def sql(self, service: str, statement: str) -> list[Any]:
        """Run a statement as an administrator ("admin") or a service's login; return its rows."""
        import psycopg2

        url = self.servers.admin_url if service == "admin" else self.servers.login(service)
        assert url is not None
        if service == "admin":
            url = with_path(url, self.servers.database)
        with contextlib.closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def tidy(self) -> None:
        """Let the database forget what was deleted, and write everything to disk, before the next side is measured."""
        assert self.servers.admin_url is not None
        with contextlib.closing(connect(with_path(self.servers.admin_url, self.servers.database))) as connection:
            for statement in ("VACUUM ANALYZE", "CHECKPOINT"):
                with connection.cursor() as cursor:
                    cursor.execute(statement)

    @contextmanager
    def files_apart(self) -> Iterator[None]:
        """Run the file storage, which is another machine in production, on the load's core."""
        process = self.servers.objects.process if self.servers.objects else None
        threads = [int(name) for name in os.listdir(f"/proc/{process.pid}/task")] if process else []
        for thread in threads:
            os.sched_setaffinity(thread, self.load)
        try:
            yield
        finally:
            for thread in threads:
                with contextlib.suppress(ProcessLookupError):
                    os.sched_setaffinity(thread, self.server)

    @contextmanager
    def web(self, service: str, application: str = "webanizr.wsgi:application", **more: str) -> Iterator[int]:
        """Run an application as `up` runs a service (same server, same options); yield its port."""
        port = getattr(self.ports, service) if application.startswith("webanizr.wsgi") else free_port()
        program = Web(f"{service}-{port}", port, self.environment(service) | more, self.own)
        program.command[program.command.index("webanizr.wsgi:application")] = application
        (self.own.data / "log").mkdir(exist_ok=True)
        program.spawn()
        try:
            deadline = time.monotonic() + 30
            while not program.ready():
                if time.monotonic() > deadline or (program.process and program.process.poll() is not None):
                    raise Problem(f"{application} did not start; see {program.log}.")
                time.sleep(0.05)
            yield port
        finally:
            program.stop()

    @contextmanager
    def process(self, command: Sequence[str | Path], *, name: str) -> Iterator[subprocess.Popen[bytes]]:
        """Run a program on the server's core."""
        with open(self.own.data / "log" / f"{name}.log", "ab") as log:
            process = spawn(command, env=dict(os.environ) | {MARK: str(self.own.data)}, output=log, cwd=self.own.data)
        try:
            yield process
        finally:
            end(process, patience=5)

    def on_load_core(self) -> None:
        """For preexec_fn: move a child to the load's core."""
        os.sched_setaffinity(0, self.load)
