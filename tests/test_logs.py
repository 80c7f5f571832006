"""Nothing personal in the logs, whatever goes wrong."""

from __future__ import annotations

import logging
import sys

import pytest

from webanizr.core.logs import ScrubbingFormatter, scrub


@pytest.mark.parametrize(
    ("line", "gone"),
    [
        ("mail to Vera.Visser+test@voorbeeld.nl failed", "Vera.Visser"),
        ("<canary@example.org>", "canary"),
        ("from 203.0.113.9 port 5", "203.0.113.9"),
        ("from 2001:db8:0:1:1:1:1:1", "2001:db8"),
        ("call +31 6 12345678 now", "12345678"),
        ("call 010-4231860 now", "4231860"),
        ('duplicate key\nDETAIL:  Key (email)=(x) already exists. "Vera"', "Vera"),
    ],
)
def test_personal_data_is_taken_out(line: str, gone: str) -> None:
    assert gone not in scrub(line)


def test_ordinary_words_stay() -> None:
    line = "2026-11-24 12:50:37,334 outbox 3b7c09fc-f56c-4a7d-a814-3ada9e6d9046 is dead after 12 attempts"
    assert scrub(line) == line


def test_a_traceback_keeps_its_places_and_loses_its_message() -> None:
    try:
        raise ValueError("canary@example.org typed this")
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, __file__, 1, "failed", None, sys.exc_info())
    line = ScrubbingFormatter().format(record)
    assert "canary" not in line
    assert "typed this" not in line
    assert "ValueError" in line
    assert "test_logs.py" in line
