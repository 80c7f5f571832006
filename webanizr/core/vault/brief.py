"""A memory for keys that forgets: after some minutes, and the oldest first when it is full."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Brief(Generic[Value]):
    """Values by key, each for at most `seconds` since it was put in, also when nobody asks any more.

    Args: seconds: how long; most: how many values. Safe for threads.
    """

    def __init__(self, *, seconds: float, most: int) -> None:
        self.seconds, self.most = seconds, most
        self._values: OrderedDict[Hashable, tuple[float, Value]] = OrderedDict()
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None

    def get(self, key: Hashable) -> Value | None:
        """Return the value, None when it is unknown or forgotten."""
        found = self._values.get(key)
        return found[1] if found is not None and found[0] > time.monotonic() else None

    def put(self, key: Hashable, value: Value) -> None:
        """Remember a value."""
        with self._lock:
            self._values.pop(key, None)
            self._values[key] = (time.monotonic() + self.seconds, value)
            while len(self._values) > self.most:
                self._values.popitem(last=False)
            self._watch()

    def forget(self, key: Hashable | None = None) -> None:
        """Forget one value, or all."""
        with self._lock:
            if key is None:
                self._values.clear()
            else:
                self._values.pop(key, None)

    def __len__(self) -> int:
        return len(self._values)

    def _watch(self) -> None:
        # values are in order of their end, so that the timer of the first one is enough
        if self._timer is None or not self._timer.is_alive():
            first = next(iter(self._values.values()))[0]
            self._timer = threading.Timer(max(0.05, first - time.monotonic()), self._sweep)
            self._timer.daemon = True
            self._timer.start()

    def _sweep(self) -> None:
        with self._lock:
            now = time.monotonic()
            while self._values and next(iter(self._values.values()))[0] <= now:
                self._values.popitem(last=False)
            self._timer = None
            if self._values:
                self._watch()
