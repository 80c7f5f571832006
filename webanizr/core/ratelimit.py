"""Rate limits: fixed windows in Redis, under keyed hashes, so that no address or IP is stored (promise 07)."""

from __future__ import annotations

import functools
import hashlib
import ipaddress
import threading
import time
from collections.abc import Mapping
from typing import Any

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

_local: dict[str, tuple[int, float]] = {}
_lock = threading.Lock()


@functools.cache
def connection() -> redis.Redis:
    """Return this process's Redis connection pool. It tries once: a dead Redis must not hold a visitor up."""
    once = Retry(NoBackoff(), 0)
    return redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=0.5, socket_timeout=0.5, retry=once)


def digest(kind: str, subject: str, *, now: float | None = None) -> str:
    """Return the key of a subject for today: a MAC under a daily salt, so yesterday's can't be linked to today's.

    Keyed BLAKE2 (RFC 7693): a tenth of HMAC's time, at a door that is passed often.
    """
    salt = _salt(settings.SECRET_KEY, int((now or time.time()) // 86400))
    return f"limit:{kind}:{hashlib.blake2b(subject.encode(), key=salt, digest_size=16).hexdigest()}"


@functools.lru_cache(maxsize=2)
def _salt(secret: str, day: int) -> bytes:
    return hashlib.blake2b(f"ratelimit:{day}:{secret}".encode(), digest_size=32).digest()


def window(kind: str, subject: str, *, seconds: int, now: float) -> tuple[str, float]:
    """Return (key, when it ends) of the window that `now` is in; both in seconds since 1970."""
    number = int(now // seconds)
    return f"{digest(kind, subject, now=now)}:{number}", float((number + 1) * seconds)


def client_address(environ: Mapping[str, Any]) -> str:
    """Return the visitor's IP address from a WSGI environ or request.META; "" when there is none.

    Behind one of our own proxies (settings.PROXIES) it is the last entry of X-Forwarded-For, which that proxy wrote;
    what a visitor wrote before it counts for nothing.
    """
    address = str(environ.get("REMOTE_ADDR", ""))
    if address in settings.PROXIES:
        return str(environ.get("HTTP_X_FORWARDED_FOR", "")).rpartition(",")[2].strip() or address
    return address


def ip_prefix(address: str) -> str:
    """Return the network of an IP address: /24 for IPv4, /48 for IPv6; "unknown" for anything else."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    ip = getattr(ip, "ipv4_mapped", None) or ip
    if ip.version == 4:
        return f"{'.'.join(map(str, ip.packed[:3]))}.0/24"
    return f"{ip.packed[:6].hex(':', 2)}::/48"


def hit(kind: str, subject: str, *, limit: int, seconds: int, now: float | None = None, amount: int = 1) -> int:
    """Count one use; return 0 when it is allowed, else the seconds to wait.

    Args: kind: what is limited; subject: whom (hashed before it leaves this function); limit: uses per window;
    seconds: length of the window; amount: what this use counts for, e.g. bytes.
    When Redis is away this process counts by itself: slower abuse, never a closed door.
    """
    moment = now or time.time()
    key, ends = window(kind, subject, seconds=seconds, now=moment)
    try:
        pipeline = connection().pipeline(transaction=False)
        pipeline.incr(key, amount)
        pipeline.expire(key, seconds + 1)
        count = int(pipeline.execute()[0])
    except RedisError:
        count = _hit_locally(key, moment, seconds, amount)
    return 0 if count <= limit else max(1, int(ends - moment))


def _hit_locally(key: str, moment: float, seconds: int, amount: int) -> int:
    with _lock:
        if len(_local) > 50_000:
            _local.clear()
        count, until = _local.get(key, (0, moment + seconds))
        if until < moment:
            count, until = 0, moment + seconds
        _local[key] = (count + amount, until)
        return count + amount
