"""The data directory of one local installation (`var/`, or WEBANIZR_DATA): its files, its lock, its ports.

Everything here is plain Python: it runs before Django is loaded.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import secrets
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
ROOM = 400 << 20  # bytes that a first start writes, with some to spare


class Problem(Exception):
    """Something the person at the keyboard can mend; shown as one line, and the command ends with 1."""


def say(text: str) -> None:
    """Tell the person at the keyboard something, on standard error; a closed terminal is no reason to fail."""
    with contextlib.suppress(OSError):
        print(text, file=sys.stderr, flush=True)


@dataclass(frozen=True)
class Ports:
    """The ports of the three web services."""

    app: int
    hosting: int
    staff: int

    @classmethod
    def from_environment(cls) -> Ports:
        """Read PORT_APP, PORT_HOSTING and PORT_STAFF; raises Problem when they are no three different ports."""
        numbers = []
        for name, default in (("PORT_APP", "8000"), ("PORT_HOSTING", "8001"), ("PORT_STAFF", "8002")):
            text = os.environ.get(name) or default
            if not text.isdecimal() or not 0 < int(text) < 65536:
                raise Problem(f"{name}={text} is no port number (1 to 65535).")
            numbers.append(int(text))
        if len(set(numbers)) < 3:
            raise Problem(f"PORT_APP, PORT_HOSTING and PORT_STAFF must be three different ports, not {numbers}.")
        return cls(*numbers)

    def named(self) -> Iterator[tuple[str, int]]:
        """Yield each service with its port."""
        yield from (("app", self.app), ("hosting", self.hosting), ("staff", self.staff))

    def check_free(self, *, patience: float = 0) -> None:
        """Raise Problem when a port is taken; wait up to `patience` seconds for a killed run's to be let go."""
        deadline = time.monotonic() + patience
        for name, port in self.named():
            while not free(port):
                if time.monotonic() > deadline:
                    variable = f"PORT_{name.upper()}"
                    raise Problem(f"Port {port} is in use: stop what uses it, or set {variable} to another port.")
                time.sleep(0.1)


def free(port: int) -> bool:
    """Return whether nothing listens on `port` of the loopback addresses (a browser may try either)."""
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        try:
            with socket.socket(family) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((address, port))
        except PermissionError as error:
            raise Problem(f"Port {port} needs more rights than this user has: choose one above 1023.") from error
        except OSError as error:
            if family == socket.AF_INET6 and error.errno not in (98, 48):
                continue  # a machine without IPv6
            return False
    return True


def free_port() -> int:
    """Return a port of 127.0.0.1 that nothing uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Place:
    """One data directory."""

    def __init__(self, data: Path | str | None = None) -> None:
        self.data = Path(data or os.environ.get("WEBANIZR_DATA") or ROOT / "var").absolute()
        self.run_file = self.data / "run.json"
        self.servers_file = self.data / "servers.json"

    @property
    def sockets(self) -> Path:
        """A short directory for unix sockets: their paths may have some 107 bytes, a checkout's may have more."""
        name = hashlib.sha256(str(self.data).encode()).hexdigest()[:10]
        short = Path("/tmp")  # noqa: S108  # make_sockets looks whose directory it is
        parent = short if os.access(short, os.W_OK) else Path(tempfile.gettempdir())
        return parent / f"webanizr-{os.geteuid()}-{name}"

    def make(self) -> None:
        """Make the directory; raises Problem when it can't be written or the disk is full."""
        try:
            if not self.data.exists():
                self.data.mkdir(parents=True)
                # PostgreSQL, which root may not run, must be able to pass through; nobody else looks inside.
                self.data.chmod(0o711 if os.geteuid() == 0 else 0o700)
            with tempfile.TemporaryFile(dir=self.data):
                pass
        except OSError as error:
            reason = f"{self.data} can't be written ({error.strerror})"
            raise Problem(f"{reason}: set WEBANIZR_DATA to another directory.") from error
        room = os.statvfs(self.data)
        left = room.f_bavail * room.f_frsize
        if left < ROOM:
            raise Problem(
                f"{self.data} has only {left >> 20} MB of free disk space, {ROOM >> 20} MB are needed: "
                "make room, or set WEBANIZR_DATA."
            )

    def make_sockets(self) -> Path:
        """Make the directory for sockets anew, reachable through but not readable for others; return it."""
        directory = self.sockets
        directory.mkdir(mode=0o711, exist_ok=True)
        found = directory.lstat()
        if found.st_uid != os.geteuid() or directory.is_symlink():
            raise Problem(f"{directory} belongs to somebody else: remove it, or set WEBANIZR_DATA elsewhere.")
        directory.chmod(0o711)
        return directory

    @contextmanager
    def lock(self, command: str) -> Iterator[bool]:
        """Yield whether this process is now the one that runs the servers of this directory."""
        with open(self.data / "lock", "a+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            file.truncate(0)
            file.write(f"{os.getpid()} {command}")
            file.flush()
            yield True

    def holder(self) -> str:
        """Return who holds the lock, for a message."""
        try:
            pid, command = (self.data / "lock").read_text().split(" ", 1)
        except (OSError, ValueError):
            return "another process"
        return f"`manage.py {command}` (process {pid})"

    def secrets(self) -> dict[str, Any]:
        """Return the random keys and passwords of this installation, made once, readable for its user alone."""
        path = self.data / "secrets.json"
        found: dict[str, Any] = read_json(path) or {}
        made = dict(found)
        for name in ("secret_key", "frame_key", "s3_access_key", "s3_secret_key"):
            made.setdefault(name, secrets.token_urlsafe(24 if name.startswith("s3") else 48))
        passwords = made["passwords"] = dict(found.get("passwords", {}))
        for service in ("app", "hosting", "staff", "worker", "exporter", "eraser", "migrator"):
            passwords.setdefault(service, secrets.token_urlsafe(24))
        if made != found:
            write_json(path, made)
        return made

    def wrapping_key(self) -> Path:
        """Return the file of the key that wraps keys, made once, readable for its user alone."""
        path = self.data / "wrapping.key"
        if not path.exists():
            handle, temporary = tempfile.mkstemp(dir=self.data, prefix=path.name)  # mode 0600
            with os.fdopen(handle, "w") as file:
                file.write(secrets.token_hex(32) + "\n")
                file.flush()
                os.fsync(file.fileno())
            try:
                os.link(temporary, path)  # the first one wins: another key would lose what is sealed
            except FileExistsError:
                pass
            finally:
                os.unlink(temporary)
        return path


def read_json(path: Path) -> Any:
    """Return what the file holds, None when it is missing or damaged."""
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError):
        return None


def write_json(path: Path, content: Any) -> None:
    """Write the file whole or not at all, readable for its owner alone."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name)  # mode 0600
    try:
        with os.fdopen(handle, "w") as file:
            json.dump(content, file, indent=1)
            file.write("\n")
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
