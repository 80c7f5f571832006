"""What can be searched without being readable: keyed hashes of addresses, numbers and words.

A search asks "is this hash stored?"; the key is the account's, wrapped outside the database, so a copy of the database
can neither be searched nor be tried out with a list of names. What it does show: that two messages share some word,
without which word.
"""

from __future__ import annotations

import contextlib
import hmac
import re
import unicodedata
import uuid
from collections.abc import Iterable, Iterator
from typing import Any

from webanizr.core.vault.keys import account_key

PURPOSE = "search"
BYTES = 16
ADDRESS, PHONE, WORD = "address", "phone", "word"
LEAST, MOST = 2, 64  # characters of a word
MOST_WORDS = 1000  # different ones of one message

AN_ADDRESS = re.compile(r"[^\s@<>()\[\],;:\"]{1,64}@[^\s@<>()\[\],;:\"/]{1,190}\.[^\s@<>()\[\],;:\"/.]{2,24}")
# Starts with + or 0, so that an order number isn't one; separators as people write them.
A_NUMBER = re.compile(r"(?<![\w+])(?:\+|0)(?:[\s()./\u2010-\u2015-]{0,3}\d){7,16}(?!\d)")
A_WORD = re.compile(r"[^\W_]+")

Term = tuple[str, str]


def address(text: str) -> str:
    """Return an e-mail address as it is compared: small letters, the host in ASCII."""
    name, _at, host = unicodedata.normalize("NFKC", text).strip().rstrip(".").casefold().rpartition("@")
    with contextlib.suppress(UnicodeError):
        host = host.encode("idna").decode()
    return f"{name}@{host}"


def number(text: str) -> str:
    """Return a telephone number as it is compared: E.164, where a single leading 0 is the Netherlands' (+31)."""
    digits = re.sub(r"[^\d+]", "", text.replace("(0)", ""))
    if digits.startswith("00"):
        digits = "+" + digits[2:]
    elif digits.startswith("0"):
        digits = "+31" + digits[1:]
    return "+31" + digits[4:] if digits.startswith("+310") else digits


def words(text: str) -> Iterator[str]:
    """Yield the words of a text as they are compared: without accents, in small letters."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)).casefold()
    for found in A_WORD.finditer(plain):
        if LEAST <= len(found[0]) <= MOST:
            yield found[0]


def terms_of(texts: Iterable[str]) -> list[Term]:
    """Return what one message can be found by, each once: addresses and numbers first, then words."""
    found: dict[Term, None] = {}
    texts = list(texts)
    for text in texts:
        found |= dict.fromkeys((ADDRESS, address(each)) for each in AN_ADDRESS.findall(text))
        found |= dict.fromkeys((PHONE, number(each)) for each in A_NUMBER.findall(text))
    for text in texts:
        for word in words(text):
            if len(found) >= MOST_WORDS:
                return list(found)
            found[WORD, word] = None
    return list(found)


def terms_asked(query: str) -> list[Term]:
    """Return what somebody searches for: whole addresses and numbers as such, the rest as words; all must match."""
    found: dict[Term, None] = {}
    for pattern, kind, normal in ((AN_ADDRESS, ADDRESS, address), (A_NUMBER, PHONE, number)):
        for each in pattern.findall(query):
            found[kind, normal(each)] = None
            query = query.replace(each, " ")
    return list(found | {(WORD, word): None for word in words(query)})[:20]


def texts_in(value: Any) -> Iterator[str]:
    """Yield every text in an answer, in whatever lists and objects it is."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from texts_in(each)
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from texts_in(each)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield str(value)


def tokens(account_id: uuid.UUID, terms: Iterable[Term]) -> list[bytes]:
    """Return the hash of each term, in order; raises vault.VaultError when this process may not have the key."""
    key = account_key(account_id, PURPOSE)
    return [hmac.digest(key, f"{kind}\0{text}".encode("utf-8", "replace"), "sha256")[:BYTES] for kind, text in terms]
