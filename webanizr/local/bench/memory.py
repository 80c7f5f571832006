"""How much a process grows while something runs: its highest resident set over that at the start."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path


def resident() -> float:
    """Return this process's resident set in MB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6


class Watch(threading.Thread):
    """Notes the highest resident set while something runs."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.first = self.most = resident()
        self.over = threading.Event()

    def run(self) -> None:
        """Look twenty times a second."""
        while not self.over.wait(0.05):
            self.most = max(self.most, resident())


def measured(work: Callable[[], Mapping[str, float]]) -> dict[str, float]:
    """Run something; return its own figures with seconds and growth in MB."""
    watch = Watch()
    watch.start()
    began = time.perf_counter()
    found = work()
    seconds = time.perf_counter() - began
    watch.over.set()
    return {**found, "seconds": seconds, "growth": watch.most - watch.first}
