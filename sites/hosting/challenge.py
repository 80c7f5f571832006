"""The one-time challenge of a form: signed, bound to the form, with a small proof of work and a time trap.

Stops scripts that post blindly and posts that arrive twice, without a cookie, a captcha or anything of others. A
submission has its token's id, so the primary key itself refuses a second one: nothing else has to remember tokens.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
import uuid
from dataclasses import dataclass
from typing import Any

from django.conf import settings

MAX_NUMBER = 20_000  # the browser tries half of these on average: a tenth of a second on an old phone
LEAST_SECONDS = 3
MOST_SECONDS = 4 * 3600


@dataclass(frozen=True)
class Verdict:
    """What a challenge proved. `id` is the token's own: the same post has the same id, so it can't be stored twice."""

    ok: bool
    id: uuid.UUID
    reason: str = ""


def _sign(payload: bytes) -> str:
    key = hashlib.sha256(b"challenge" + settings.FRAME_KEY.encode()).digest()
    return hmac.new(key, payload, hashlib.sha256).hexdigest()


def make(form_id: str, *, proven: bool = False, number: int | None = None, now: float | None = None) -> dict[str, Any]:
    """Return a challenge for a form.

    Args: proven: the confirm page's token, which needs no work: its button was pressed by a person who saw the answers;
    number: the solution, default a random one below MAX_NUMBER; now: seconds since 1970.
    """
    number = secrets.randbelow(MAX_NUMBER) if number is None else number
    salt = secrets.token_hex(8)
    target = hashlib.sha256(f"{salt}{number}".encode()).hexdigest()
    body = {
        "f": form_id,
        "t": round(now or time.time(), 2),
        "i": uuid.uuid4().hex,
        "s": salt,
        "x": target[:32],
        "p": int(proven),
    }
    payload = base64.urlsafe_b64encode(json.dumps(body, separators=(",", ":")).encode())
    token = f"{payload.decode()}.{_sign(payload)}"
    return {"token": token, "salt": salt, "target": target, "max": MAX_NUMBER}


def check(token: str, solution: str, form_id: str, *, now: float | None = None) -> Verdict:
    """Judge a token and its solution; never raises for what a visitor can send."""
    nobody = uuid.UUID(int=0)
    payload, _dot, signature = token.partition(".")
    if not payload or not hmac.compare_digest(
        _sign(payload.encode("utf-8", "replace")), signature.encode("ascii", "replace").decode()
    ):
        return Verdict(False, nobody, "missing")
    body = json.loads(base64.urlsafe_b64decode(payload))
    token_id = uuid.UUID(hex=body["i"])
    age = (now or time.time()) - float(body["t"])
    if body["f"] != form_id:
        return Verdict(False, token_id, "other form")
    if age > MOST_SECONDS:
        return Verdict(False, token_id, "too old")
    if body["p"]:
        return Verdict(True, token_id)
    if age < LEAST_SECONDS:
        return Verdict(False, token_id, "too fast")
    if not solution.isascii() or not solution.isdigit() or len(solution) > 9:
        return Verdict(False, token_id, "unsolved")
    found = hashlib.sha256(f"{body['s']}{int(solution)}".encode()).hexdigest()
    if not hmac.compare_digest(found[:32], body["x"]):
        return Verdict(False, token_id, "unsolved")
    return Verdict(True, token_id)
