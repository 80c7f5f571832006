"""A running product for tests: `manage.py up` as a process, with its own data directory and free ports."""

from __future__ import annotations

import contextlib
import email
import email.policy
import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import psycopg2
import redis
from psycopg2.extensions import connection as Connection

from webanizr.local import testing
from webanizr.local.place import ROOT, free_port
from webanizr.local.process import dies_with_parent
from webanizr.local.valkey import with_database


class Stack:
    """One `manage.py up`."""

    def __init__(self, data: Path, *, env: Mapping[str, str] | None = None) -> None:
        self.data = data
        self.ports = (free_port(), free_port(), free_port())
        self.app, self.hosting, self.staff = (f"http://localhost:{port}" for port in self.ports)
        kept = ("PATH", "HOME", "LANG", "TMPDIR", "WEBANIZR_PG_BIN")
        self.env = {key: value for key, value in os.environ.items() if key in kept}
        for name, port in zip(("PORT_APP", "PORT_HOSTING", "PORT_STAFF"), self.ports, strict=True):
            self.env[name] = str(port)
        self.env |= {"WEBANIZR_DATA": str(data), **(env or {})}
        self.process: subprocess.Popen[bytes] | None = None
        self.output = data.with_name(data.name + ".log")

    @classmethod
    def of_this_run(cls, name: str = "stack") -> Stack:
        """Return a product beside the tests' own servers, on the servers that the environment names."""
        run = testing.current()
        env = dict(run.outside)
        data = run.base / name
        if "DATABASE_URL" in env:
            env["WEBANIZR_DATABASE"] = f"{run.template}_{name}"
            data.mkdir(exist_ok=True)
            shutil.copy(run.base / "secrets.json", data / "secrets.json")  # the logins are the whole server's
        if "REDIS_URL" in env:
            env["REDIS_URL"] = with_database(env["REDIS_URL"], 15)
        return cls(data, env=env)

    def spawn(self) -> None:
        """Start it without waiting."""
        with open(self.output, "ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, str(ROOT / "manage.py"), "up"],
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=dies_with_parent(signal.SIGTERM),
            )

    def start(self, *, patience: float = 90) -> float:
        """Start it and wait for its line `ready …`; return the seconds that took."""
        before = self.output.stat().st_size if self.output.exists() else 0
        began = time.monotonic()
        self.spawn()
        assert self.process is not None
        line = f"ready {self.app}\n".encode()
        while line not in self.output.read_bytes()[before:]:
            text = self.output.read_text()[before:]
            assert self.process.poll() is None, f"up ended with {self.process.returncode}:\n{text[-4000:]}"
            assert time.monotonic() - began < patience, f"up is not ready after {patience:.0f} s:\n{text[-4000:]}"
            time.sleep(0.05)
        return time.monotonic() - began

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send the signal, wait for the end, return the exit code."""
        assert self.process is not None
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(number)
        return self.process.wait(60)

    @property
    def run(self) -> dict[str, Any]:
        """What var/run.json says now."""
        found: dict[str, Any] = json.loads((self.data / "run.json").read_text())
        return found

    def text(self) -> str:
        """Everything it has said so far."""
        return self.output.read_text(errors="replace")

    def connect(self, service: str) -> Connection:
        """Return a database connection as a service's login."""
        return psycopg2.connect(self.run["database"][service])

    def get(self, port: int, path: str, host: str | None = None) -> tuple[int, bytes]:
        """Return status and body of a GET; 0 when nobody answers."""
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            connection.request("GET", path, headers={"Host": host or f"localhost:{port}"})
            response = connection.getresponse()
            return response.status, response.read()
        except (OSError, http.client.HTTPException):
            return 0, b""
        finally:
            connection.close()

    def wait_ready(self, *, patience: float = 60) -> None:
        """Wait until the three web services answer (after something was killed)."""
        deadline = time.monotonic() + patience
        while any(self.get(port, "/healthz/ready")[0] != 200 for port in self.ports):
            assert time.monotonic() < deadline, f"not ready again:\n{self.text()[-3000:]}"
            time.sleep(0.1)

    def forget_limits(self) -> None:
        """Let nobody be slowed down for what an earlier test did from the same address."""
        with redis.Redis.from_url(self.run["redis"]) as server:
            for key in server.scan_iter("limit:*"):
                server.delete(key)

    def mails(self) -> list[EmailMessage]:
        """Return the mails it has sent, the newest last."""
        found = []
        for path in sorted((self.data / "mail").glob("[0-9]*.eml")):
            message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            assert isinstance(message, EmailMessage)
            found.append(message)
        return found

    def wait_for_mail(self, to: str, *, after: int = 0, patience: float = 30) -> EmailMessage:
        """Return the newest mail to `to`, once there are more than `after` of them."""
        deadline = time.monotonic() + patience
        while True:
            letters = [mail for mail in self.mails() if mail["To"] == to]
            if len(letters) > after:
                return letters[-1]
            assert time.monotonic() < deadline, f"no mail to {to}:\n{self.text()[-2000:]}"
            time.sleep(0.1)
