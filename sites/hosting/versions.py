"""Published versions in this process: which one a host shows, and its files ready to be sent.

A host's pointer is looked up at most once a second, so a publish shows within a second; while the database is away
the last known answer stands. Packs come from the local disk, or else from storage.
"""

from __future__ import annotations

import logging
import os
import tempfile
import threading
import time
import uuid
import zipfile
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection

from sites.services import pack
from webanizr.core import storage

log = logging.getLogger(__name__)

POINTER_SECONDS = 1.0
MEMORY_BYTES = 192 * 1024 * 1024
MAX_HOSTS = 20_000

Headers = list[tuple[str, str]]
POINTER = "SELECT account_id, site_id, version_id, upload_bytes FROM sites_domain WHERE host = %s"


@dataclass(frozen=True)
class Pointer:
    """What a host name leads to."""

    host: str
    account_id: uuid.UUID
    site_id: uuid.UUID
    version_id: uuid.UUID | None
    upload_bytes: int = 0


@dataclass(frozen=True)
class Answer:
    """A file in one encoding, with its headers made."""

    body: bytes
    headers: Headers


@dataclass
class Entry:
    """A file in every encoding it has."""

    etag: str
    plain: Answer
    br: Answer | None
    gzip: Answer | None
    not_modified: Headers


@dataclass
class Version:
    """A loaded version: its files by path and its manifest."""

    id: uuid.UUID
    entries: dict[str, Entry]
    manifest: dict[str, Any]
    size: int
    pages: dict[str, Any] = field(default_factory=dict)


def security_headers() -> Headers:
    """Return the headers that every answer of a hosted site has; they are the same for all (promise 13)."""
    csp = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self';"
        " form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
    )
    headers = [
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "same-origin"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
        ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ]
    if settings.HOSTING_SCHEME == "https":
        csp += "; upgrade-insecure-requests"
        headers.append(("Strict-Transport-Security", "max-age=31536000"))
    return [("Content-Security-Policy", csp), *headers]


SECURITY = security_headers()


def entry_of(file: pack.File) -> Entry:
    """Return a file with every header made once, so that sending it costs a look-up."""
    cache = "public, max-age=31536000, immutable" if file.immutable else "no-cache"
    etag = f'"{file.etag}"'
    common = [("ETag", etag), ("Cache-Control", cache), *SECURITY]
    if file.encodings:
        common.append(("Vary", "Accept-Encoding"))

    def answer(body: bytes, encoding: str) -> Answer:
        headers = [("Content-Type", file.content_type), ("Content-Length", str(len(body))), *common]
        return Answer(body, [*headers, ("Content-Encoding", encoding)] if encoding else headers)

    return Entry(
        etag=etag,
        plain=answer(file.body, ""),
        br=answer(file.encodings["br"], "br") if "br" in file.encodings else None,
        gzip=answer(file.encodings["gzip"], "gzip") if "gzip" in file.encodings else None,
        not_modified=common,
    )


class Versions:
    """The process's pointers and loaded versions; safe for threads."""

    def __init__(self) -> None:
        self._pointers: dict[str, tuple[float, Pointer | None]] = {}
        self._loaded: OrderedDict[uuid.UUID, Version] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()
        self.disk = Path(settings.DATA_DIR) / "versions"

    def pointer(self, host: str) -> Pointer | None:
        """Return what `host` (lower case, no port) leads to; None for a host nobody has.

        Raises DatabaseError when the database is away and the host wasn't seen before.
        """
        now = time.monotonic()
        known = self._pointers.get(host)
        if known is not None and known[0] > now:
            return known[1]
        try:
            found = self._ask(host)
        except DatabaseError:
            connection.close()
            if known is None:
                raise
            found = known[1]
        if len(self._pointers) >= MAX_HOSTS:
            self._pointers.clear()
        self._pointers[host] = (now + POINTER_SECONDS, found)
        return found

    @staticmethod
    def _ask(host: str) -> Pointer | None:
        with connection.cursor() as cursor:
            cursor.execute(POINTER, [host])
            row = cursor.fetchone()
        return Pointer(host, *row) if row else None

    def version(self, pointer: Pointer) -> Version:
        """Return the version a pointer names, loaded; raises storage.Missing when it is nowhere."""
        assert pointer.version_id is not None
        loaded = self._loaded.get(pointer.version_id)
        if loaded is not None:
            return loaded
        loaded = self._load(pointer)
        with self._lock:
            self._loaded[loaded.id] = loaded
            self._bytes += loaded.size
            while self._bytes > MEMORY_BYTES and len(self._loaded) > 1:
                _old, dropped = self._loaded.popitem(last=False)
                self._bytes -= dropped.size
        return loaded

    def _load(self, pointer: Pointer) -> Version:
        assert pointer.version_id is not None
        path = self.disk / f"{pointer.version_id}.zip"
        try:
            data = path.read_bytes()
            files, manifest = pack.read(data)
        except (OSError, KeyError, ValueError, zipfile.BadZipFile):
            data = storage.get(pack.key_of(pointer.site_id, pointer.version_id))
            files, manifest = pack.read(data)
            self._keep(path, data)
        entries = {name: entry_of(file) for name, file in files.items()}
        return Version(pointer.version_id, entries, manifest, len(data))

    def _keep(self, path: Path, data: bytes) -> None:
        """Write the pack beside its place and move it there, so that nobody reads half of it."""
        try:
            self.disk.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self.disk, delete=False) as file:
                file.write(data)
            os.replace(file.name, path)
        except OSError as error:
            log.warning("the disk cache can't be written: %s", type(error).__name__)


versions = Versions()
