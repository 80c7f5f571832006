"""The kinds of files that visitors may send, known by their first bytes and not by what the browser says.

An allow-list of what small businesses ask for; nothing in it is run by a browser that opens it.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable

HEAD = 1 << 12  # bytes that are looked at


def _starts(*magic: bytes) -> Callable[[bytes], bool]:
    return lambda head: head.startswith(magic)


def _text(head: bytes) -> bool:
    if head.removeprefix(codecs.BOM_UTF8).lstrip()[:1] == b"<":  # no page that a browser would open
        return False
    # in whatever encoding: older spreadsheets write Windows' own letters
    return not any(byte < 32 and byte not in b"\t\n\r\f" for byte in head)


def _webp(head: bytes) -> bool:
    return head[:4] == b"RIFF" and head[8:12] == b"WEBP"


def _heic(head: bytes) -> bool:
    return head[4:8] == b"ftyp" and head[8:12] in (b"heic", b"heix", b"mif1", b"msf1", b"avif")


_ZIP = _starts(b"PK\x03\x04")
_OLE = _starts(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
Kind = tuple[str, Callable[[bytes], bool]]

IMAGES: dict[str, Kind] = {
    "jpg": ("image/jpeg", _starts(b"\xff\xd8\xff")),
    "jpeg": ("image/jpeg", _starts(b"\xff\xd8\xff")),
    "png": ("image/png", _starts(b"\x89PNG\r\n\x1a\n")),
    "webp": ("image/webp", _webp),
    "gif": ("image/gif", _starts(b"GIF87a", b"GIF89a")),
    "heic": ("image/heic", _heic),
}
OFFICE = "application/vnd.openxmlformats-officedocument."
DOCUMENTS: dict[str, Kind] = {
    "pdf": ("application/pdf", _starts(b"%PDF-")),
    "docx": (f"{OFFICE}wordprocessingml.document", _ZIP),
    "xlsx": (f"{OFFICE}spreadsheetml.sheet", _ZIP),
    "odt": ("application/vnd.oasis.opendocument.text", _ZIP),
    "ods": ("application/vnd.oasis.opendocument.spreadsheet", _ZIP),
    "doc": ("application/msword", _OLE),
    "xls": ("application/vnd.ms-excel", _OLE),
    "txt": ("text/plain", _text),
    "csv": ("text/csv", _text),
}
KINDS: dict[str, dict[str, Kind]] = {"any": IMAGES | DOCUMENTS, "images": IMAGES, "documents": DOCUMENTS}
TYPES: dict[str, str] = {suffix: kind[0] for suffix, kind in KINDS["any"].items()}


def kind_of(name: str, head: bytes, accept: str) -> str | None:
    """Return a file's suffix when its name and its first bytes agree on a kind that `accept` allows, else None.

    Args: name: as the visitor's machine calls it; head: its first HEAD bytes; accept: a key of KINDS.
    """
    suffix = name.rpartition(".")[2].lower()
    found = KINDS[accept].get(suffix)
    return suffix if found is not None and found[1](head) else None
