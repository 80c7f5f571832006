"""The one-time challenge of a form: signed, bound to the form, with a small proof of work and a time trap.

Stops scripts that post blindly and posts that arrive twice, without a cookie, a captcha or anything of others. A
submission has its token's id, so the primary key itself refuses a second one: nothing else has to remember tokens.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import hmac
import secrets
import struct
import time
import uuid
from dataclasses import dataclass
from typing import Any

from django.conf import settings

MAX_NUMBER = 20_000  # the browser tries half of these on average: a tenth of a second on an old phone
LEAST_SECONDS = 3
MOST_SECONDS = 4 * 3600
NOBODY = uuid.UUID(int=0)
FORMAT = struct.Struct("!16s d 16s 16s 16s ?")  # form, when, own id, salt, half of the target, proven


@dataclass(frozen=True)
class Verdict:
    """What a challenge proved. `id` is the token's own: the same post has the same id, so it can't be stored twice."""

    ok: bool
    id: uuid.UUID
    reason: str = ""


def _sign(body: bytes) -> bytes:
    return hashlib.blake2b(body, key=_key(settings.FRAME_KEY), digest_size=32).digest()  # keyed: a MAC, RFC 7693


@functools.lru_cache(maxsize=2)
def _key(secret: str) -> bytes:
    return hashlib.sha256(b"challenge" + secret.encode()).digest()


def make(form_id: str, *, proven: bool = False, number: int | None = None, now: float | None = None) -> dict[str, Any]:
    """Return a challenge for a form.

    Args: proven: the confirm page's token, which needs no work: its button was pressed by a person who saw the answers;
    number: the solution, default a random one below MAX_NUMBER; now: seconds since 1970.
    """
    number = secrets.randbelow(MAX_NUMBER) if number is None else number
    salt = secrets.token_hex(8)
    target = hashlib.sha256(f"{salt}{number}".encode()).digest()
    body = FORMAT.pack(
        uuid.UUID(form_id).bytes, now or time.time(), uuid.uuid4().bytes, salt.encode(), target[:16], proven
    )
    token = base64.urlsafe_b64encode(body + _sign(body)).decode()
    return {"token": token, "salt": salt, "target": target.hex(), "max": MAX_NUMBER}


def check(token: str, solution: str, form_id: str, *, now: float | None = None) -> Verdict:
    """Judge a token and its solution; never raises for what a visitor can send."""
    try:
        whole = base64.urlsafe_b64decode(token)
    except ValueError:
        return Verdict(False, NOBODY, "missing")
    body, signature = whole[: FORMAT.size], whole[FORMAT.size :]
    if len(body) < FORMAT.size or not hmac.compare_digest(_sign(body), signature):
        return Verdict(False, NOBODY, "missing")
    form, made, number, salt, target, proven = FORMAT.unpack(body)
    token_id = uuid.UUID(bytes=number)
    age = (now or time.time()) - made
    if form != uuid.UUID(form_id).bytes:
        return Verdict(False, token_id, "other form")
    if age > MOST_SECONDS:
        return Verdict(False, token_id, "too old")
    if proven:
        return Verdict(True, token_id)
    if age < LEAST_SECONDS:
        return Verdict(False, token_id, "too fast")
    if not solution.isascii() or not solution.isdigit() or len(solution) > 9:
        return Verdict(False, token_id, "unsolved")
    found = hashlib.sha256(salt + str(int(solution)).encode()).digest()
    if not hmac.compare_digest(found[:16], target):
        return Verdict(False, token_id, "unsolved")
    return Verdict(True, token_id)
