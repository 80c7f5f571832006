"""`manage.py bench [NAME …]`: our figures and the machine's limits, measured side by side, written to var/bench.json.

A figure is a function with `@bench`; it measures both sides in one run, interleaved, and gives the medians. The server
side is pinned to one core and the load to another. Its own servers and content live in var/bench/.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from webanizr.local.place import Place, Problem, say, write_json

if TYPE_CHECKING:
    from webanizr.local.bench.stage import Stage

MODULES = ("web", "intake", "inbox", "desk", "rows", "mailing", "books", "leaving")  # in this order: quick ones first


@dataclass(frozen=True)
class Measured:
    """What a figure's function found: its value, the limit beside it in words, and how it was measured."""

    value: float
    limit: str
    setup: str
    met: bool | None = None  # where the target is more than one number


@dataclass(frozen=True)
class Figure:
    """A figure that can be measured. `target` is a least value (or a most, with `most`); None: reported only."""

    name: str
    unit: str
    target: float | None
    most: bool
    measure: Callable[[Stage], Measured]

    def row(self, found: Measured) -> dict[str, object]:
        """Return the line of bench.json."""
        met = found.met
        if met is None and self.target is not None:
            met = found.value <= self.target if self.most else found.value >= self.target
        row = {"name": self.name, "unit": self.unit, "target": self.target, **asdict(found)}
        return row | {"value": float(f"{found.value:.4g}"), "met": met}


FIGURES: dict[str, Figure] = {}


def bench(
    name: str, *, unit: str, target: float | None = None, most: bool = False
) -> Callable[[Callable[[Stage], Measured]], Callable[[Stage], Measured]]:
    """Register a function as the figure `name`."""

    def register(measure: Callable[[Stage], Measured]) -> Callable[[Stage], Measured]:
        FIGURES[name] = Figure(name, unit, target, most, measure)
        return measure

    return register


def main(arguments: list[str]) -> int:
    """Measure the named figures (default all); return 1 when a target isn't met."""
    for module in MODULES:
        importlib.import_module(f"{__name__}.{module}")
    unknown = [name for name in arguments if name not in FIGURES]
    if unknown:
        raise Problem(f"There is no figure {unknown[0]!r}; choose from {', '.join(FIGURES)}.")
    from webanizr.local.bench.stage import Stage

    chosen = [figure for name, figure in FIGURES.items() if not arguments or name in arguments]
    failed = False
    with Stage(Place()) as stage:
        for figure in chosen:
            row = figure.row(figure.measure(stage))
            keep(stage.place, row)
            verdict = {True: "ok", False: "NOT MET", None: ""}[row["met"]]  # type: ignore[index]  # a bool or None
            wanted = "" if figure.target is None else f" ({'≤' if figure.most else '≥'} {figure.target:g})"
            print(f"{figure.name:<14} {row['value']:>8} {figure.unit}{wanted} {verdict}  [{row['limit']}]", flush=True)
            failed |= row["met"] is False
    say(f"webanizr: written to {Place().data / 'bench.json'}")
    return 1 if failed else 0


def keep(place: Place, row: dict[str, object]) -> None:
    """Put a figure into bench.json, in place of its former value."""
    path = place.data / "bench.json"
    try:
        rows = [old for old in json.loads(path.read_text()) if old["name"] != row["name"] and old["name"] in FIGURES]
    except (OSError, ValueError, KeyError, TypeError):
        rows = []
    order = list(FIGURES)
    write_json(path, sorted([*rows, row], key=lambda each: order.index(str(each["name"]))))
