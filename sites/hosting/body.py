"""Reading what a visitor's browser sent: bounded, in any encoding, never raising on hostile bytes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

MAX_BYTES = 512 * 1024
MAX_NAMES = 1000
MOST_DRAINED = 16 * 1024 * 1024

Values = dict[str, list[str]]


class BodyError(Exception):
    """The body can't be taken: `status` is the HTTP answer."""

    def __init__(self, status: str) -> None:
        super().__init__(status)
        self.status = status


def read(environ: Mapping[str, Any]) -> Values:
    """Return every value by name; raises BodyError with 400, 411, 413 or 415."""
    try:
        length = int(environ.get("CONTENT_LENGTH") or 0)
    except ValueError:
        raise BodyError("400 Bad Request") from None
    if length > MAX_BYTES:
        _drain(environ["wsgi.input"], length)
        raise BodyError("413 Content Too Large")
    data = environ["wsgi.input"].read(length) if length > 0 else b""
    content_type = environ.get("CONTENT_TYPE", "")
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/x-www-form-urlencoded":
        return urlencoded(data)
    if kind == "multipart/form-data":
        return multipart(data, content_type)
    raise BodyError("415 Unsupported Media Type")


def _drain(stream: Any, length: int) -> None:
    """Read what won't be used: a browser that is still sending doesn't read the answer. Not endlessly."""
    left = min(length, MOST_DRAINED)
    while left > 0 and (part := stream.read(min(left, 1 << 16))):
        left -= len(part)


def urlencoded(data: bytes) -> Values:
    """Return the values of an ordinary form, as `parse_qsl` reads them; damaged bytes become the replacement character.

    Most names and answers need no decoding: this looks first, where the library's takes every text apart.
    """
    parts = data.split(b"&", MAX_NAMES)
    if len(parts) > MAX_NAMES:
        raise BodyError("400 Bad Request")
    values: Values = {}
    for part in parts:
        if part:
            name, _equals, value = part.partition(b"=")
            values.setdefault(_text(name), []).append(_text(value))
    return values


def _text(data: bytes) -> str:
    if b"+" in data:
        data = data.replace(b"+", b" ")
    if b"%" in data:
        data = unquote_to_bytes(data)
    return data.decode("utf-8", "replace")


NAME = re.compile(rb'form-data;[^\r\n]*?\bname="([^"\r\n]*)"', re.IGNORECASE)


def multipart(data: bytes, content_type: str) -> Values:
    """Return the values of a multipart form; parts with a file name are left out."""
    found = re.search(r'boundary="?([!-~ ]{1,70}?)"?(?:;|$)', content_type)
    if not found:
        raise BodyError("400 Bad Request")
    parts = data.split(b"--" + found[1].encode())
    if len(parts) > MAX_NAMES:
        raise BodyError("400 Bad Request")
    values: Values = {}
    for part in parts[1:-1]:
        head, gap, body = part.partition(b"\r\n\r\n")
        name = NAME.search(head)
        if not gap or not name or b"filename=" in head.lower():
            continue
        text = body.removesuffix(b"\r\n").decode("utf-8", "replace")
        values.setdefault(name[1].decode("utf-8", "replace"), []).append(text)
    return values
