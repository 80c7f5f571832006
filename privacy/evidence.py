"""Evidence for the public proof page: each application's `evidence.py` says what to count, a worker counts it.

An application registers functions of its own; this one imports none of them. A function runs under the worker's login,
returns a number from the running system and whether it is as promised; nothing about a person.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.module_loading import autodiscover_modules

from privacy.datamap import Text


@dataclass(frozen=True)
class Finding:
    """What was found. Args: value: a number or short word; holds: whether it is as promised; params: for the words."""

    value: str | int
    holds: bool
    params: dict[str, Any] = field(default_factory=dict)


# None: this copy of the product has nothing to say about it, and the page says that it isn't proven
Look = Callable[[datetime], Finding | None]


@dataclass(frozen=True)
class Witness:
    """A function that looks, and the words behind its number ("%(n)s" takes `params`)."""

    promise: int
    key: str
    words: Text
    look: Look


WITNESSES: dict[str, Witness] = {}


def witness(promise: int, words: Text) -> Callable[[Look], Look]:
    """Register a function as evidence for a promise; its name is the key."""

    def add(look: Look) -> Look:
        key = look.__name__
        if WITNESSES.get(key) is not None and WITNESSES[key].look is not look:
            raise ValueError(f"There are two pieces of evidence called {key}.")
        WITNESSES[key] = Witness(promise, key, words, look)
        return look

    return add


def load() -> dict[str, Witness]:
    """Import every application's `evidence.py`, and our own `witnesses.py`; return the witnesses by key."""
    autodiscover_modules("evidence", "witnesses")
    return WITNESSES
