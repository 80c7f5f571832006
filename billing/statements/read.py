"""Finds out which format a file is in."""

from __future__ import annotations

from django.utils.translation import gettext as _

from billing.statements import camt, mt940
from billing.statements.model import Statement, StatementError

MAX_BYTES = 20 * 1024 * 1024


def read(data: bytes) -> Statement:
    """Return what a CAMT.053 or MT940 file says; raises StatementError for anything else, or anything damaged."""
    if len(data) > MAX_BYTES:
        raise StatementError(_("The file is larger than 20 MB. Download a shorter period."))
    start = data[:2000].lstrip(b"\xef\xbb\xbf \r\n\t")
    if start.startswith(b"PK"):
        raise StatementError(_("This is a zip file. Unpack it and upload the statement that is in it."))
    if start.startswith(b"<"):
        return camt.read(data)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    if ":20:" in text and (":60F:" in text or ":60M:" in text):
        return mt940.read(text)
    raise StatementError(
        _("This is no CAMT.053 or MT940 file. Download the statement from the bank as CAMT.053 (XML).")
    )
