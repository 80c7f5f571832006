"""Canaries: words that no copy of the database, of the files or of the disks may hold, in no common spelling."""

from __future__ import annotations

import base64
import gzip
import io
import json
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus

GZIP = re.compile(rb"\x1f\x8b\x08")


def spellings(word: str) -> set[bytes]:
    """Return the bytes by which a word could be recognised: plain, encoded, escaped."""
    plain = word.encode()
    found = {plain, plain.upper(), plain.lower(), word.encode("utf-16-le"), word.encode("utf-16-be")}
    found |= {plain.hex().encode(), plain.hex().upper().encode()}
    found |= {quote(word, safe="").encode(), quote_plus(word).encode()}
    found |= {json.dumps(word)[1:-1].encode(), word.encode("unicode_escape")}
    found.add("".join(f"\\u{ord(letter):04x}" for letter in word).encode())
    for before in range(3):  # base64 of a text that the word is somewhere in
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            text = encode(b"\0" * before + plain + b"\0" * 3).decode()
            start, end = (before * 8 + 5) // 6, (before + len(plain)) * 8 // 6
            found.add(text[start:end].encode())
    return {each for each in found if len(each) >= 8}


def layers(data: bytes) -> Iterator[bytes]:
    """Yield the bytes and what is packed in them: gzip anywhere, members of a zip."""
    yield data
    for start in GZIP.finditer(data):
        try:
            yield zlib.decompressobj(wbits=31).decompress(data[start.start() :], 50 << 20)
        except zlib.error:
            continue
    if data[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for name in archive.namelist():
                yield from layers(archive.read(name))


def seen(words: Iterable[str], data: bytes) -> set[str]:
    """Return the words that can be recognised in the data."""
    patterns = {word: re.compile(b"|".join(map(re.escape, spellings(word)))) for word in words}
    return {word for word, pattern in patterns.items() for layer in layers(data) if pattern.search(layer)}


def seen_in_files(words: Iterable[str], folder: Path, *, leave_out: Iterable[str] = ()) -> dict[str, set[str]]:
    """Return the files below a folder (path -> words) in which a word can be recognised."""
    words, found = list(words), {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_file() and not path.is_symlink() and not name.startswith(tuple(leave_out)):
            try:
                words_here = seen(words, path.read_bytes())
            except FileNotFoundError:
                continue  # a temporary file of a running server
            if words_here:
                found[name] = words_here
    return found


def self_test(word: str) -> None:
    """Raise AssertionError unless a word is recognised in every spelling: a net with holes proves nothing."""
    plain = word.encode()
    samples = [plain, base64.b64encode(b"x" + plain), base64.b64encode(b"xy" + plain), base64.b64encode(plain)]
    samples += [plain.hex().encode(), quote(word).encode(), word.encode("utf-16-le"), json.dumps(word).encode()]
    samples += [gzip.compress(b"before " + plain), b"before" + gzip.compress(plain)]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", f"name\n{word}\n" * 50)
    samples.append(packed.getvalue())
    assert [sample for sample in samples if not seen([word], sample)] == []
    assert not seen([word], b"something else " * 100)
