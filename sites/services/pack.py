"""A published version as one object: every file of the site, precompressed, with a manifest in front.

One object means one write: there is no half-stored version, and a hosting node fetches a site in one go. Pictures stay
outside it (they are many and never change) and are named in the manifest.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import uuid
import zipfile
from dataclasses import dataclass, field
from typing import Any

import brotli

MANIFEST = "manifest.json"
COMPRESSED = ("text/", "application/javascript", "application/xml", "image/svg+xml")
SMALL = 256  # bytes below which compressing costs more than it saves


@dataclass
class File:
    """One file of a version. `encodings` holds "br" and "gzip" where they are smaller."""

    content_type: str
    body: bytes
    encodings: dict[str, bytes] = field(default_factory=dict)
    immutable: bool = False

    @property
    def etag(self) -> str:
        """Return a strong validator: the same bytes have the same tag in every version."""
        return hashlib.sha256(self.body).hexdigest()[:20]


def compressed(content_type: str, body: bytes, *, immutable: bool = False) -> File:
    """Return a file with its precompressed forms."""
    file = File(content_type, body, immutable=immutable)
    if content_type.startswith(COMPRESSED) and len(body) >= SMALL:
        # quality 9 gives 97 % of 11's saving at a tenth of its time; immutable files are made once per release
        for name, data in (
            ("br", brotli.compress(body, quality=11 if immutable else 9)),
            ("gzip", gzip.compress(body, compresslevel=9 if immutable else 6, mtime=0)),
        ):
            if len(data) < len(body):
                file.encodings[name] = data
    return file


def key_of(site_id: uuid.UUID | str, version_id: uuid.UUID | str) -> str:
    """Return the storage key of a version."""
    return f"sites/{site_id}/{version_id}/pack.zip"


def write(files: dict[str, File], facts: dict[str, Any]) -> bytes:
    """Return the pack's bytes.

    Args: files: by path ("/", "/contact", "/_a/site.css"); facts: what the manifest says besides its files.
    """
    out = io.BytesIO()
    listing = {}
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for number, (path, file) in enumerate(files.items()):
            listing[path] = {
                "type": file.content_type,
                "bytes": len(file.body),
                "etag": file.etag,
                "immutable": file.immutable,
                "encodings": sorted(file.encodings),
                "name": str(number),
            }
            archive.writestr(str(number), file.body)
            for encoding, data in file.encodings.items():
                archive.writestr(f"{number}.{encoding}", data)
        archive.writestr(MANIFEST, json.dumps({**facts, "files": listing}, ensure_ascii=False))
    return out.getvalue()


def read(data: bytes) -> tuple[dict[str, File], dict[str, Any]]:
    """Return (files, manifest) of a pack; raises zipfile.BadZipFile or KeyError for damaged bytes."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        manifest: dict[str, Any] = json.loads(archive.read(MANIFEST))
        files = {}
        for path, entry in manifest["files"].items():
            files[path] = File(
                entry["type"],
                archive.read(entry["name"]),
                {encoding: archive.read(f"{entry['name']}.{encoding}") for encoding in entry["encodings"]},
                entry["immutable"],
            )
    return files, manifest
