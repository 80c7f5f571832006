"""What a job made, sealed in file storage until it is fetched or its time is over. Started over when killed.

Serves promises 12 and 16: a copy of the file store holds nothing readable.
"""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Iterable, Iterator

from webanizr.core import storage, vault


def key_of(owner_id: uuid.UUID, job_id: uuid.UUID) -> str:
    """Return the storage key of a result: the same for every attempt, so that a second one replaces the first.

    Args: owner_id: the account, or the newsletter's contact, with whose erasure it goes.
    """
    return f"exports/{owner_id}/{job_id}"


def store(owner_id: uuid.UUID, job_id: uuid.UUID, pieces: Iterable[bytes], key: bytes) -> int:
    """Seal the pieces into a temporary file and store that as the job's; return the size of what is inside."""
    size = 0

    def counted() -> Iterator[bytes]:
        nonlocal size
        for piece in pieces:
            size += len(piece)
            yield piece

    with tempfile.TemporaryFile("w+b") as file:
        for sealed in vault.seal_stream(counted(), key=key, bound=_bound(owner_id, job_id)):
            file.write(sealed)
        file.seek(0)
        storage.put_stream(key_of(owner_id, job_id), file)
    return size


def read(owner_id: uuid.UUID, job_id: uuid.UUID, key: bytes) -> bytes:
    """Return what `store` stored; raises storage.Missing, vault.VaultError."""
    sealed = storage.stream(key_of(owner_id, job_id))
    return b"".join(vault.open_stream(sealed, key=key, bound=_bound(owner_id, job_id)))


def _bound(owner_id: uuid.UUID, job_id: uuid.UUID) -> bytes:
    return owner_id.bytes + job_id.bytes
