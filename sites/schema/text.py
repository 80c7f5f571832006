"""The checks every piece of text passes: encoding, control characters, line breaks. Nothing is silently dropped."""

from __future__ import annotations

import unicodedata

from pydantic_core import PydanticCustomError

TAB, NEWLINE = "\t", "\n"


def has_control_characters(value: str, *, multiline: bool = False) -> bool:
    """Return whether `value` holds NUL, another C0/C1 control character or a lone surrogate."""
    if value.isprintable():
        return False
    allowed = (TAB, NEWLINE) if multiline else ()
    return any(unicodedata.category(char) in ("Cc", "Cs") and char not in allowed for char in value)


def tidy(value: str) -> str:
    """Return `value` with one kind of line break and composed characters (é as one code point)."""
    if value.isascii():
        return value.replace("\r\n", "\n").replace("\r", "\n") if "\r" in value else value
    return unicodedata.normalize("NFC", value.replace("\r\n", "\n").replace("\r", "\n"))


def check_line(value: str) -> str:
    """Return one line of text, tidied; raise `control_character` for anything that is not text."""
    value = tidy(value)
    if has_control_characters(value):
        raise PydanticCustomError("control_character", "The text holds a character that is not text.")
    return value


def check_lines(value: str) -> str:
    """Return text of several lines, tidied; raise `control_character` for anything that is not text."""
    value = tidy(value)
    if has_control_characters(value, multiline=True):
        raise PydanticCustomError("control_character", "The text holds a character that is not text.")
    return value
