"""Files, sealed as a stream of chunks (libsodium's secretstream): large ones pass through without being held whole.

Format: 1 | header (24) | chunks of 64 KiB + 17 bytes each, the last one marked as such. Every chunk is bound to what
the caller names. A stream that was cut off, re-ordered, moved or damaged raises Unreadable; what came before the
damaged chunk was genuine, but the caller must throw it away, as must whoever passes chunks on.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from typing import IO

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from nacl import bindings
from nacl.exceptions import RuntimeError as SodiumError

from webanizr.core.vault.errors import Unreadable

FORMAT = b"\x01"
CHUNK = 1 << 16
HEADER = bindings.crypto_secretstream_xchacha20poly1305_HEADERBYTES
EXTRA = bindings.crypto_secretstream_xchacha20poly1305_ABYTES
MESSAGE = bindings.crypto_secretstream_xchacha20poly1305_TAG_MESSAGE
FINAL = bindings.crypto_secretstream_xchacha20poly1305_TAG_FINAL


def sealed_size(size: int) -> int:
    """Return how many bytes a file of `size` bytes has once it is sealed."""
    return len(FORMAT) + HEADER + size + EXTRA * max(1, -(-size // CHUNK))


def _key(secret: bytes) -> bytes:
    # the same secret may also encrypt submissions: another algorithm gets a key of its own
    return HKDFExpand(algorithm=hashes.SHA256(), length=32, info=b"webanizr stream").derive(secret)


def seal_stream(source: Iterable[bytes], *, key: bytes, bound: bytes) -> Iterator[bytes]:
    """Yield a file's bytes, sealed.

    Args: source: the file in pieces of any size; key: 32 bytes (an intake key's `secret`, or `account_key(...)`);
    bound: what the file belongs to, e.g. `records.bound(...)` and the file's own id.
    """
    state = bindings.crypto_secretstream_xchacha20poly1305_state()
    yield FORMAT + bindings.crypto_secretstream_xchacha20poly1305_init_push(state, _key(key))
    for chunk, last in _chunks(source, CHUNK):
        tag = FINAL if last else MESSAGE
        yield bindings.crypto_secretstream_xchacha20poly1305_push(state, chunk, bound, tag)


def open_stream(sealed: Iterable[bytes], *, key: bytes, bound: bytes) -> Iterator[bytes]:
    """Yield a sealed file's own bytes; raises Unreadable, at the latest after the last chunk.

    Args: sealed: the stored bytes in pieces of any size; key, bound: as they were for `seal_stream`.
    """
    pieces = iter(sealed)
    head = b""
    while len(head) < 1 + HEADER:
        piece = next(pieces, None)
        if piece is None:
            raise Unreadable("cut off")
        head += piece
    if head[:1] != FORMAT:
        raise Unreadable("format")
    state = bindings.crypto_secretstream_xchacha20poly1305_state()
    ended = False
    try:
        bindings.crypto_secretstream_xchacha20poly1305_init_pull(state, head[1 : 1 + HEADER], _key(key))
        for chunk, _last in _chunks(_with(head[1 + HEADER :], pieces), CHUNK + EXTRA):
            if ended or len(chunk) < EXTRA:
                raise Unreadable("cut off" if not ended else "damaged or moved")
            text, tag = bindings.crypto_secretstream_xchacha20poly1305_pull(state, chunk, bound)
            ended = tag == FINAL
            yield text
    except (SodiumError, ValueError) as error:
        raise Unreadable("damaged or moved") from error
    if not ended:
        raise Unreadable("cut off")


def _with(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _chunks(source: Iterable[bytes], size: int) -> Iterator[tuple[bytes, bool]]:
    """Yield (chunk, whether it is the last one) in chunks of `size`; an empty source is one empty chunk."""
    held = bytearray()
    for piece in source:
        held += piece
        while len(held) > size:
            yield bytes(held[:size]), False
            del held[:size]
    yield bytes(held), True


class _Reader(io.RawIOBase):
    """A file that is read from pieces."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces, self._left = iter(pieces), b""

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # typeshed: WriteableBuffer
        """Fill the buffer from the next piece."""
        while not self._left:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._left = piece
        part, self._left = self._left[: len(buffer)], self._left[len(buffer) :]
        buffer[: len(part)] = part
        return len(part)


def as_file(pieces: Iterable[bytes]) -> IO[bytes]:
    """Return a file object that reads the pieces: for `storage.put_stream`."""
    return io.BufferedReader(_Reader(pieces), CHUNK)
