"""What a fake is made of: what comes in, what goes out, what goes wrong, and what it remembers."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl


@dataclass
class Request:
    """What came in."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes
    args: dict[str, str] = field(default_factory=dict)

    def json(self) -> Any:
        try:
            return json.loads(self.body or b"{}")
        except ValueError:
            return {}

    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))

    def get(self, name: str, default: str = "") -> str:
        return self.query.get(name, [default])[0]


@dataclass
class Reply:
    """What goes out. `body`: bytes as they are, None for nothing, anything else as JSON."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Fault:
    """Something that goes wrong, a number of times.

    Kinds: "429", "403_bare", "500", "502", "503", "401" answer that; "drop" closes the connection before, and
    "timeout_after" after the work was done; "slow" answers after `seconds`; "garbage" answers a proxy's HTML with 200;
    "cut" stops in the middle of the answer; "huge" never stops. Others ("slow_delete", "reappear", ...) are the fake's.
    """

    kind: str
    times: int = 1
    match: str = ""
    method: str = ""
    seconds: float = 0.0
    retry_after: str = ""

    def fits(self, request: Request) -> bool:
        return (
            self.times > 0
            and (not self.method or self.method == request.method)
            and re.search(self.match, request.path) is not None
        )


class Store:
    """Tables of documents in memory, with a journal on disk, so that a fake that is restarted knows what it knew."""

    def __init__(self, folder: Path | None) -> None:
        self.tables: dict[str, dict[str, dict[str, Any]]] = {}
        self.version = 0
        self._cached: dict[str, tuple[int, list[Any]]] = {}
        self.journal = None
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            path = folder / "journal.jsonl"
            if path.exists():
                for line in path.read_text().splitlines():
                    with contextlib.suppress(ValueError):  # a killed process's last line
                        self._apply(*json.loads(line))
            self.journal = path.open("a", buffering=1)

    def _apply(self, table: str, key: str, value: dict[str, Any] | None) -> None:
        if value is None:
            self.tables.setdefault(table, {}).pop(key, None)
        else:
            self.tables.setdefault(table, {})[key] = value

    def table(self, name: str) -> dict[str, dict[str, Any]]:
        return self.tables.setdefault(name, {})

    def put(self, table: str, key: str, value: dict[str, Any]) -> None:
        self._write(table, key, value)

    def drop(self, table: str, key: str) -> bool:
        there = key in self.table(table)
        if there:
            self._write(table, key, None)
        return there

    def cached(self, name: str, build: Callable[[], list[Any]]) -> list[Any]:
        """Return a list that is made again only after a change: pages of a big table are quick."""
        version, found = self._cached.get(name, (-1, []))
        if version != self.version:
            found = build()
            self._cached[name] = (self.version, found)
        return found

    def _write(self, table: str, key: str, value: dict[str, Any] | None) -> None:
        self._apply(table, key, value)
        self.version += 1
        if self.journal is not None:
            self.journal.write(json.dumps([table, key, value]) + "\n")

    def number(self, name: str) -> int:
        """Return the next number of a sequence."""
        value = self.table("_numbers").get(name, {"n": 0})["n"] + 1
        self.put("_numbers", name, {"n": value})
        return int(value)

    def clear(self) -> None:
        for table, rows in list(self.tables.items()):
            for key in list(rows):
                self.drop(table, key)
