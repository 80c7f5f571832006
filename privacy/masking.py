"""Finds e-mail addresses and phone numbers in a question, so that its writer can be offered to mask them."""

from __future__ import annotations

import re
from dataclasses import dataclass

# Deliberately generous: a false find costs one click, a missed one a visitor's address.
EMAIL = re.compile(r"[\w.+'-]+@[\w-]+(?:\.[\w-]+)+")
PHONE = re.compile(r"(?<![\w/])(?:\+|00|0)(?:[\s().-]{0,3}\d){8,13}(?![\w/])")
MASK = "•"


@dataclass(frozen=True)
class Found:
    """Something in a text that looks like a visitor's data. kind: email or phone; start, end: character positions."""

    kind: str
    text: str
    start: int
    end: int


def find(text: str) -> list[Found]:
    """Return the e-mail addresses and phone numbers in `text`, in order."""
    found = [Found("email", hit[0], *hit.span()) for hit in EMAIL.finditer(text)]
    taken = [(each.start, each.end) for each in found]
    found += [
        Found("phone", hit[0], *hit.span())
        for hit in PHONE.finditer(text)
        if not any(start < hit.end() and hit.start() < end for start, end in taken)
    ]
    return sorted(found, key=lambda each: each.start)


def mask(text: str) -> str:
    """Return `text` with every address and number made unreadable, its length unchanged."""
    for each in reversed(find(text)):
        hidden = "".join(MASK if letter.isalnum() else letter for letter in each.text)
        text = text[: each.start] + hidden + text[each.end :]
    return text
