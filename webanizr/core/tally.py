"""Rate limits that no visitor waits for: counted here, and added up with the other processes in the background.

For doors where speed counts and a second's delay doesn't (form intake). Sign-in asks `ratelimit.hit`, which is exact.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

from redis.exceptions import RedisError

from webanizr.core import ratelimit

SYNC_SECONDS = 0.5
MOST = 50_000  # networks remembered at once


@dataclass
class _Window:
    until: float
    seconds: int
    known: int = 0  # what Redis said of everybody, this process's part included
    unsent: int = 0


class Tally:
    """The counts of this process; safe for threads."""

    def __init__(self) -> None:
        self._windows: dict[str, _Window] = {}
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def hit(self, kind: str, subject: str, *, limit: int, seconds: int, now: float | None = None) -> int:
        """Count one use; return 0 when it is allowed, else the seconds to wait. Arguments as `ratelimit.hit`'s.

        Uses at other processes count from half a second later; with Redis away each process counts by itself.
        """
        moment = now or time.time()
        key, ends = ratelimit.window(kind, subject, seconds=seconds, now=moment)
        with self._lock:
            window = self._windows.get(key)
            if window is None:
                if len(self._windows) >= MOST:
                    self._forget_ended(moment)
                window = self._windows[key] = _Window(ends, seconds)
            window.unsent += 1
            count = window.known + window.unsent
        if self._thread is None:
            self._start()
        return 0 if count <= limit else max(1, int(ends - moment))

    def sync(self, now: float | None = None) -> None:
        """Add what was counted here to what others counted, and hear the sums; raises RedisError."""
        moment = now or time.time()
        with self._lock:
            waiting = [(key, each, each.unsent) for key, each in self._windows.items() if each.unsent]
        if waiting:
            pipeline = ratelimit.connection().pipeline(transaction=False)
            for key, window, count in waiting:
                pipeline.incrby(key, count)
                pipeline.expire(key, window.seconds + 1)
            sums = pipeline.execute()[::2]
            with self._lock:
                for (_key, window, count), total in zip(waiting, sums, strict=True):
                    window.known = int(total)
                    window.unsent -= count
        with self._lock:
            for key in [key for key, each in self._windows.items() if each.until < moment]:
                del self._windows[key]

    def forget(self) -> None:
        """Forget every count of this process."""
        with self._lock:
            self._windows.clear()

    def _forget_ended(self, moment: float) -> None:
        self._windows = {key: each for key, each in self._windows.items() if each.until >= moment}
        if len(self._windows) >= MOST:  # a flood from everywhere: what is counted in Redis stays counted
            self._windows.clear()

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="tally", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            time.sleep(SYNC_SECONDS)
            try:
                self.sync()
            except RedisError:
                continue  # unsent stays unsent


tally = Tally()
