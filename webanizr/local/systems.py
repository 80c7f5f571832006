"""The external systems of local runs: servers that speak the providers' protocols, unless real ones are named.

MAILING_PLATFORM chooses which platform is imitated (brevo unless it says listmonk or mailchimp; "off" for none). With
MAILING_BASE_URL or STATISTICS_BASE_URL set, that system is used instead.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

from webanizr.local.place import ROOT, Problem, free_port
from webanizr.local.process import MARK, end, spawn

OFF = "off"
PLATFORMS = ("brevo", "listmonk", "mailchimp")


def get(url: str) -> Any:
    """Return the JSON at a loopback address."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=2) as answer:
        return json.load(answer)


class System:
    """One of them."""

    def __init__(self, provider: str, data: Path, *, name: str, mark: Path) -> None:
        self.provider, self.name, self.mark = provider, name, mark
        self.folder = data / "fakes" / provider
        self.port = free_port()
        self.log = data / "log" / f"{name}.log"
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def origin(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def variables(self) -> dict[str, str]:
        """Return the settings that lead to it."""
        from tests.fakes import environment

        return environment(self.provider, self.origin)

    def spawn(self) -> None:
        """Start it; `ready` says when it answers."""
        self.log.parent.mkdir(exist_ok=True)
        command = [sys.executable, "-m", "tests.fakes", self.provider, "--port", str(self.port)]
        with open(self.log, "ab") as log:
            environment = dict(os.environ) | {MARK: str(self.mark)}
            self.process = spawn([*command, "--folder", str(self.folder)], env=environment, output=log, cwd=ROOT)

    def ready(self) -> bool:
        """Return whether it answers."""
        assert self.process is not None
        if self.process.poll() is not None:
            raise Problem(f"The {self.provider} server did not start; see {self.log}.")
        try:
            get(f"{self.origin}/_control/")
        except OSError:
            return False
        return True

    def stop(self) -> None:
        """Stop it."""
        if self.process is not None:
            end(self.process, signal.SIGTERM, patience=5)


def wanted(data: Path) -> list[System]:
    """Return the systems that a local run starts."""
    if not (ROOT / "tests" / "fakes").is_dir():
        return []  # an image holds the product alone
    found = []
    platform = os.environ.get("MAILING_PLATFORM") or PLATFORMS[0]
    if not os.environ.get("MAILING_BASE_URL") and platform != OFF:
        if platform not in PLATFORMS:
            raise Problem(f"MAILING_PLATFORM={platform} is none of {', '.join(PLATFORMS)} or {OFF}.")
        found.append(System(platform, data, name="mailing", mark=data))
    if not os.environ.get("STATISTICS_BASE_URL"):
        found.append(System("matomo", data, name="statistics", mark=data))
    return found
