"""Rate limits: fixed windows in Redis, under keyed hashes, so that no address or IP is stored (promise 07)."""

from __future__ import annotations

import functools
import hashlib
import hmac
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
    """Return the key of a subject for today: HMAC under a daily salt, so yesterday's can't be linked to today's."""
    day = int((now or time.time()) // 86400)
    salt = hmac.new(settings.SECRET_KEY.encode(), f"ratelimit:{day}".encode(), hashlib.sha256).digest()
    return f"limit:{kind}:{hmac.new(salt, subject.encode(), hashlib.sha256).hexdigest()[:32]}"


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
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    return str(ipaddress.ip_network((ip, 24 if ip.version == 4 else 48), strict=False))


def hit(kind: str, subject: str, *, limit: int, seconds: int, now: float | None = None) -> int:
    """Count one use; return 0 when it is allowed, else the seconds to wait.

    Args: kind: what is limited; subject: whom (hashed before it leaves this function); limit: uses per window;
    seconds: length of the window. When Redis is away this process counts by itself: slower abuse, never a closed door.
    """
    moment = now or time.time()
    window = int(moment // seconds)
    key = f"{digest(kind, subject, now=moment)}:{window}"
    try:
        pipeline = connection().pipeline(transaction=False)
        pipeline.incr(key)
        pipeline.expire(key, seconds + 1)
        count = int(pipeline.execute()[0])
    except RedisError:
        count = _hit_locally(key, moment, seconds)
    return 0 if count <= limit else max(1, int((window + 1) * seconds - moment))


def _hit_locally(key: str, moment: float, seconds: int) -> int:
    with _lock:
        if len(_local) > 50_000:
            _local.clear()
        count, until = _local.get(key, (0, moment + seconds))
        if until < moment:
            count, until = 0, moment + seconds
        _local[key] = (count + 1, until)
        return count + 1
