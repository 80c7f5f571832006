"""A private S3 on a loopback port: `nanio`, which checks signatures and keeps plain files."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

from webanizr.local.place import Problem, free_port
from webanizr.local.process import MARK, end, spawn

REGION = "eu-west-1"


class Objects:
    """The server of one data directory."""

    name = "s3"

    def __init__(self, data: Path, *, access_key: str, secret_key: str, mark: Path, port: int | None = None) -> None:
        self.data, self.access_key, self.secret_key, self.mark = data, access_key, secret_key, mark
        self.port = port or free_port()
        self.log = data.parent / "log" / "s3.log"
        self.process: subprocess.Popen[bytes] | None = None

    def spawn(self) -> None:
        """Start it; `wait` for it afterwards."""
        self.data.mkdir(parents=True, exist_ok=True)
        self.log.parent.mkdir(exist_ok=True)
        keys = {"NANIO_ACCESS_KEY": self.access_key, "NANIO_SECRET_KEY": self.secret_key, MARK: str(self.mark)}
        command = [sys.executable, "-m", "nanio", "serve", "--host", "127.0.0.1", "--port", str(self.port)]
        with open(self.log, "ab") as log:
            self.process = spawn(
                [*command, "--region", REGION, "--data-dir", self.data, "--no-access-log", "--log-level", "warning"],
                env=dict(os.environ) | keys,
                output=log,
                cwd=self.data,
            )

    def make_bucket(self, name: str) -> None:
        """Make a bucket: a directory, as nanio keeps them."""
        (self.data / name).mkdir(parents=True, exist_ok=True)

    def ready(self) -> bool:
        """Return whether it answers (an unsigned request is refused, which is an answer)."""
        assert self.process is not None
        if self.process.poll() is not None:
            raise Problem(f"The S3 server did not start; see {self.log}.")
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            opener.open(self.url(), timeout=1).close()
        except urllib.error.HTTPError as answer:
            answer.close()
        except OSError:
            return False
        return True

    def stop(self) -> None:
        """Stop it."""
        if self.process is not None:
            end(self.process, signal.SIGTERM, patience=5)

    def url(self) -> str:
        """Return the endpoint."""
        return f"http://127.0.0.1:{self.port}"
