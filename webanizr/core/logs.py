"""Logs without personal data: every line is scrubbed before it is written (promises 06 and 16)."""

from __future__ import annotations

import logging
import re

EMAIL = re.compile(r"[^\s<>\"'=(,;:]+@[^\s<>\"'),;:]+\.[^\s<>\"'),;:]+")
PHONE = re.compile(r"(?<![\w-])(?:\+|0)\d(?:[ ./-]?\d){7,13}(?![\w-])")
IP = re.compile(r"\b(?:\d{1,3}\.){3}\d{1,3}\b|\b(?:[0-9a-f]{1,4}:){3,7}[0-9a-f]{0,4}\b", re.IGNORECASE)
# What PostgreSQL quotes of a row in its error messages.
DETAIL = re.compile(r"(DETAIL|CONTEXT):.*", re.DOTALL)


def scrub(text: str) -> str:
    """Return `text` with e-mail addresses, phone numbers, IP addresses and quoted rows replaced."""
    text = DETAIL.sub(r"\1: [left out]", text)
    text = EMAIL.sub("[e-mail]", text)
    text = IP.sub("[ip]", text)
    return PHONE.sub("[number]", text)


class ScrubbingFormatter(logging.Formatter):
    """One line per record: time, level, logger, words; tracebacks keep their places but not their messages."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """Return the scrubbed line."""
        return scrub(super().format(record))

    def formatException(self, ei: object) -> str:  # noqa: N802  # logging's own name
        """Give the exception's type and the places in the code; its message may hold what a visitor typed."""
        assert isinstance(ei, tuple)
        kind, _, trace = ei
        lines = []
        while trace is not None:
            code = trace.tb_frame.f_code
            lines.append(f"  {code.co_filename}:{trace.tb_lineno} {code.co_name}")
            trace = trace.tb_next
        return "\n".join([f"{getattr(kind, '__name__', 'error')} at", *lines[-12:]])
