"""What a form remembers of a file that the visitor chose: the file itself is sealed and stored, this says which.

A file can't be put back into a browser's form, so a page that is shown again carries this signed note instead, and
nothing that was chosen is lost.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
import uuid
from dataclasses import dataclass

from django.conf import settings

SECONDS = 4 * 3600  # as long as a form may take


@dataclass(frozen=True)
class Kept:
    """A stored file.

    Args: id: its own; key_id: of the intake key it is sealed under; size: bytes; kind: suffix of its name ("pdf").
    """

    id: uuid.UUID
    key_id: uuid.UUID
    form_id: str
    name: str
    size: int
    kind: str

    def answer(self) -> dict[str, str | int]:
        """Return what the submission keeps of it."""
        return {"file": str(self.id), "name": self.name, "size": self.size, "kind": self.kind}


def _sign(payload: bytes) -> str:
    key = hashlib.sha256(b"kept file" + settings.FRAME_KEY.encode()).digest()
    return hmac.new(key, payload, hashlib.sha256).hexdigest()


def note(kept: Kept, *, now: float | None = None) -> str:
    """Return the signed note about a file, for a hidden input; `now` is in seconds since 1970."""
    body = [kept.id.hex, kept.key_id.hex, kept.form_id, kept.name, kept.size, kept.kind, int(now or time.time())]
    payload = base64.urlsafe_b64encode(json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode())
    return f"{payload.decode()}.{_sign(payload)}"


def read(text: str, *, now: float | None = None) -> Kept | None:
    """Return what a note says; None for one that isn't ours or is too old."""
    payload, _dot, signature = text.partition(".")
    expected = _sign(payload.encode("utf-8", "replace"))
    if not hmac.compare_digest(expected, signature.encode("ascii", "replace").decode()):
        return None
    file_id, key_id, form_id, name, size, kind, made = json.loads(base64.urlsafe_b64decode(payload))
    if (now or time.time()) - made > SECONDS:
        return None
    return Kept(uuid.UUID(hex=file_id), uuid.UUID(hex=key_id), form_id, name, size, kind)
