"""The tests' surroundings, as a pytest plugin (`-p webanizr.local.testing`): throw-away servers, databases, no network.

The process that pytest was started as ("controller") starts one PostgreSQL, Valkey and S3 and migrates one template
database. Every test process gets a copy of it, a bucket and a Redis database, and works as the login `webanizr_app`,
which row-level security binds. The environment is set when this module is imported: before the settings are read.
"""

from __future__ import annotations

import contextlib
import ipaddress
import json
import os
import runpy
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.parse import urlsplit

import psycopg2
import pytest
from psycopg2.extensions import connection as Connection

from webanizr.core import roles
from webanizr.local import provision
from webanizr.local.place import ROOT, Place, Ports, Problem, write_json
from webanizr.local.process import MARK, end, spawn, state, sweep
from webanizr.local.servers import KEYS, Servers
from webanizr.local.valkey import broker_url, with_database

RUN = "WEBANIZR_TEST_RUN"  # the directory of this run, for the test processes
OUTSIDE = ("DATABASE_URL", "REDIS_URL", "AWS_S3_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")
CONTROLLER = "PYTEST_XDIST_WORKER" not in os.environ


class Run:
    """One run of the tests, seen from one of its processes."""

    def __init__(self) -> None:
        self.servers: Servers | None = None
        self.migration: subprocess.Popen[bytes] | None = None
        if CONTROLLER:
            self.base = _base()
            self.outside = {name: os.environ[name] for name in OUTSIDE if name in os.environ}
            write_json(self.base / "outside.json", self.outside)
            self._share_passwords()
            self.template = f"webanizr_test_{os.getpid()}"
            self.servers = Servers(Place(self.base), durable=False, database=self.template)
            self.servers.announce(Ports(8000, 8001, 8002))
            os.environ[RUN] = str(self.base)
        else:
            self.base = Path(os.environ[RUN])
            self.outside = json.loads((self.base / "outside.json").read_text())
        found = json.loads((self.base / "servers.json").read_text())
        self.admin_url: str = found["admin"]
        self.logins: dict[str, str] = found["logins"]
        self.services: dict[str, dict[str, str]] = found["services"]
        self.template = urlsplit(self.logins["app"]).path[1:]
        self.database = f"{self.template}_{WORKER}"
        self._set_environment(found["variables"] | found["services"]["app"])

    def _share_passwords(self) -> None:
        """On a server that isn't ours alone, the logins keep the passwords that `up` gave them."""
        if "DATABASE_URL" in self.outside:
            place = Place(ROOT / "var")
            place.make()
            place.secrets()
            shutil.copy(place.data / "secrets.json", self.base / "secrets.json")

    def _set_environment(self, variables: dict[str, str]) -> None:
        number = 1 if WORKER == "main" else 2 + int(WORKER.removeprefix("gw"))
        redis = with_database(variables["REDIS_URL"], number % 15)
        data = self.base / f"data-{WORKER}"
        data.mkdir(exist_ok=True)
        os.environ.update(variables)
        os.environ.update(
            WEBANIZR_SERVICE="app",
            WEBANIZR_DATA=str(data),
            KEY_DIR=str(data / "keys"),
            DATABASE_URL=self.login("app"),
            REDIS_URL=redis,
            CELERY_BROKER_URL=broker_url(redis),
            S3_BUCKET=f"webanizr-test-{WORKER}",
            DJANGO_ALLOW_ASYNC_UNSAFE="true",  # Playwright's loop runs in the test's own thread
        )

    def login(self, service: str, database: str | None = None) -> str:
        """Return the URL of a service's login in this process's database."""
        return provision.with_path(self.logins[service], database or self.database)

    def environment(self, service: str) -> dict[str, str]:
        """Return the whole environment of a process of `service`, in this process's database."""
        kept = {key: value for key, value in os.environ.items() if key not in (*KEYS, "FRAME_KEY")}
        own = self.services[service] | {"DATABASE_URL": self.login(service)}
        if "KEY_DIR" in own:
            own["KEY_DIR"] = os.environ["KEY_DIR"]
        return kept | own

    # --- the controller's part

    def start(self) -> None:
        """Start the servers and, beside everything else, the migration of the template."""
        assert self.servers is not None
        if self.servers.objects:
            for worker in ("main", *(f"gw{number}" for number in range(16))):
                self.servers.objects.make_bucket(f"webanizr-test-{worker}")
        self.servers.start()
        self.servers.provision()
        environment = self.servers.environment("migrator", Ports(8000, 8001, 8002))
        with open(self.base / "migration.log", "wb") as log:
            self.migration = spawn(
                [sys.executable, "-m", "webanizr.local.testing"],
                env=environment | {RUN: str(self.base), MARK: str(self.base)},
                output=log,
                cwd=ROOT,
            )

    def stop(self) -> None:
        """Stop the servers and remove what they kept."""
        assert self.servers is not None
        if self.migration is not None:
            end(self.migration, patience=5)
        if "DATABASE_URL" in self.outside:
            with contextlib.suppress(Problem, psycopg2.Error):
                self._drop_databases()
        self.servers.stop()
        forget(self.base)

    def _drop_databases(self) -> None:
        with closing(provision.connect(self.admin_url)) as admin, provision._as_owner(admin), admin.cursor() as cursor:
            like = [len(self.template), self.template]
            cursor.execute("SELECT datname FROM pg_database WHERE left(datname, %s) = %s", like)
            for (name,) in cursor.fetchall():
                cursor.execute(f"DROP DATABASE IF EXISTS {roles.quoted(name)} WITH (FORCE)")

    # --- every test process's part

    def make_database(self) -> None:
        """Give this process its copy of the template, as soon as that is migrated."""
        result = self.base / "migrated"
        deadline = time.monotonic() + 120
        while not result.exists():
            if time.monotonic() > deadline:
                raise Problem(f"The template database was not migrated; see {self.base}/migration.log.")
            time.sleep(0.02)
        if result.read_text() != "ok":
            said = (self.base / "migration.log").read_text()[-3000:]
            raise Problem(f"The template database could not be migrated:\n{said}")
        self._copy(drop=False)

    def reset_database(self) -> None:
        """Put a new copy in its place: for tests that commit."""
        self._copy(drop=True)

    def empty_database(self) -> None:
        """Put an empty one in its place: for restoring a dump."""
        self._copy(drop=True, template=None)

    def _copy(self, *, drop: bool, template: str | None = "") -> None:
        with closing(provision.connect(self.admin_url)) as admin, provision._alone(admin):
            if drop:
                with provision._as_owner(admin), admin.cursor() as cursor:
                    cursor.execute(f"DROP DATABASE {roles.quoted(self.database)} WITH (FORCE)")
            wanted = self.template if template == "" else template
            provision.make_database(admin, self.admin_url, self.database, template=wanted)

    def connect(self, service: str) -> Connection:
        """Return a psycopg2 connection as a service's login (autocommit off)."""
        return psycopg2.connect(self.login(service))


def administrator() -> Connection:
    """Return a connection to this process's database that row-level security doesn't bind: for searching everything."""
    this = current()
    return provision.connect(provision.with_path(this.admin_url, this.database))


def _base() -> Path:
    """Make this run's directory: in memory where there is room (a container often has 64 MB), else on disk."""
    memory = Path("/dev/shm")  # noqa: S108  # mkdtemp makes a private directory in it
    parent: Path | None = None
    if os.access(memory, os.W_OK):
        for left in memory.glob("webanizr-test-*"):
            if state(int(left.name.split("-")[2])) is None:
                forget(left)
        room = os.statvfs(memory)
        parent = memory if room.f_bavail * room.f_frsize > 2 << 30 else None
    base = Path(tempfile.mkdtemp(prefix=f"webanizr-test-{os.getpid()}-", dir=parent))
    base.chmod(0o711)
    return base


def forget(base: Path) -> None:
    """Remove what a run left behind, with the products that it started in directories of its own."""
    for data in (base, *(path for path in base.iterdir() if path.is_dir())):
        sweep(data)
        shutil.rmtree(Place(data).sockets, ignore_errors=True)
    shutil.rmtree(base, ignore_errors=True)


run = Run() if __name__ != "__main__" else None


def current() -> Run:
    """Return this process's run."""
    assert run is not None
    return run


def settings_of(service: str) -> dict[str, Any]:
    """Return the settings that a process of `service` has and this one hasn't, for override_settings."""
    from django.conf import settings

    with mock.patch.dict(os.environ, current().environment(service), clear=True):
        wanted = runpy.run_path(str(ROOT / "webanizr" / "settings.py"))
    fixed = {"DATABASES", "CACHES", "INSTALLED_APPS", "LOGGING", "EMAIL_BACKEND", "ALLOWED_HOSTS"}
    return {
        name: value
        for name, value in wanted.items()
        if name.isupper() and name not in fixed and getattr(settings, name, None) != value
    }


# --- no network beyond this machine


def allowed(host: object) -> bool:
    """Return whether a test may talk to `host`: this machine, or a server that the environment names."""
    if host is None or host == "" or host == b"":
        return True
    name = (host.decode() if isinstance(host, bytes) else str(host)).strip("[]").partition("%")[0].lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    outside = {urlsplit(url).hostname for key, url in current().outside.items() if key.endswith("_URL")}
    if name in outside:
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    return address.is_loopback or any(name == _resolve(known) for known in outside if known)


def _resolve(name: str) -> str | None:
    with contextlib.suppress(OSError):
        return str(_getaddrinfo(name, None)[0][4][0])
    return None


_connect, _connect_ex, _sendto = socket.socket.connect, socket.socket.connect_ex, socket.socket.sendto
_getaddrinfo = socket.getaddrinfo


class NetworkUsed(AssertionError):
    """A test tried to leave this machine."""


def _check(sock: socket.socket, address: Any) -> None:
    if sock.family in (socket.AF_INET, socket.AF_INET6) and not allowed(address[0]):
        raise NetworkUsed(f"A test may not connect to {address[0]!r}: put a fake on loopback in its place.")


def guard_network() -> None:
    """Let this process's Python sockets reach this machine only."""

    def connect(self: socket.socket, address: Any) -> None:
        _check(self, address)
        return _connect(self, address)

    def connect_ex(self: socket.socket, address: Any) -> int:
        _check(self, address)
        return _connect_ex(self, address)

    def sendto(self: socket.socket, data: Any, *rest: Any) -> int:
        _check(self, rest[-1])
        return _sendto(self, data, *rest)

    def getaddrinfo(host: Any, *rest: Any, **named: Any) -> Any:
        if not allowed(host):
            raise NetworkUsed(f"A test may not look up {host!r}.")
        return _getaddrinfo(host, *rest, **named)

    for name, guarded in (("connect", connect), ("connect_ex", connect_ex), ("sendto", sendto)):
        setattr(socket.socket, name, guarded)
    socket.getaddrinfo = getaddrinfo


# --- pytest's hooks


def pytest_configure(config: pytest.Config) -> None:
    """Start the servers (controller), close the network (every process)."""
    if CONTROLLER and not (config.option.collectonly or config.option.help):
        try:
            current().start()
        except Problem as problem:
            raise pytest.UsageError(str(problem)) from problem
    guard_network()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop them."""
    if CONTROLLER:
        current().stop()


def pytest_itemcollected(item: pytest.Item) -> None:
    """Keep the tests of the running product and of the browser together in one process, one after the other.

    At collection, so that it is known before xdist divides the tests.
    """
    names = getattr(item, "fixturenames", ())
    if "stack" in names or "browser" in names:
        item.add_marker(pytest.mark.xdist_group("stack"))
        item.add_marker(pytest.mark.stack)


def migrate_template() -> None:
    """Run by the controller in a process of its own: migrate the template and say so in a file."""
    base = Path(os.environ[RUN])
    result = "failed"
    try:
        from webanizr.local import prepare

        prepare.main()
        result = "ok"
    finally:
        (base / "migrated.new").write_text(result)
        (base / "migrated.new").rename(base / "migrated")


if __name__ == "__main__":
    migrate_template()
