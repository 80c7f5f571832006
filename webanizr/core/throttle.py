"""How fast we may ask: one token bucket for each provider and kind of request, shared by all processes in Redis.

When Redis is away each process goes on alone, at one request a second: slower, never faster.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from django.conf import settings
from redis.exceptions import RedisError

from webanizr.core import ratelimit
from webanizr.core.processors import Processor, Rate

if TYPE_CHECKING:
    from redis.commands.core import Script

ALONE = Rate(1.0, 1)  # without Redis

# Takes a token if there is one, and says otherwise how long until the next. The clock is Redis's own, for all of us.
TAKE = """
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
local rate, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local pause = tonumber(redis.call('GET', KEYS[2]) or 0)
if pause > now then return tostring(pause - now) end
local saved = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens = math.min(burst, tonumber(saved[1] or burst) + (now - tonumber(saved[2] or now)) * rate)
local wait = 0
if tokens < 1 then wait = (1 - tokens) / rate else tokens = tokens - 1 end
redis.call('HSET', KEYS[1], 'tokens', tostring(tokens), 'at', tostring(now))
redis.call('EXPIRE', KEYS[1], math.ceil(burst / rate) + 60)
return tostring(wait)
"""
PAUSE = """
local time = redis.call('TIME')
local till = tonumber(time[1]) + tonumber(ARGV[1])
redis.call('SET', KEYS[1], tostring(till), 'EX', math.ceil(tonumber(ARGV[1])) + 1)
return 1
"""

_alone: dict[str, float] = {}
_lock = threading.Lock()
_scripts: dict[str, Script] = {}


def _run(source: str, keys: list[str], args: list[float]) -> bytes:
    if source not in _scripts:
        _scripts[source] = ratelimit.connection().register_script(source)
    return bytes(_scripts[source](keys=keys, args=args))


class Throttled(Exception):
    """It isn't our turn yet; `after` says in how many seconds."""

    def __init__(self, after: float) -> None:
        super().__init__(f"in {after:.1f} s")
        self.after = after


def rate(processor: Processor, bucket: str) -> Rate:
    """Return the processor's rate for `bucket`; the setting PROCESSOR_RATES may name another one (e.g. self-hosted)."""
    own = settings.PROCESSOR_RATES.get(processor.key)
    return Rate(own, max(1, int(own))) if own else processor.rates.get(bucket) or processor.rates["default"]


def take(processor: Processor, bucket: str, *, patience: float) -> None:
    """Wait for a turn; raises Throttled when it would take longer than `patience` seconds."""
    name, speed = f"rate:{processor.key}:{bucket}", rate(processor, bucket)
    deadline = time.monotonic() + patience
    while True:
        try:
            wait = float(_run(TAKE, [name, f"{name}:pause"], [speed.per_second, speed.burst]))
        except RedisError:
            wait = _take_alone(name, speed)
        if wait <= 0:
            return
        if time.monotonic() + wait > deadline:
            raise Throttled(wait)
        time.sleep(wait)


def _take_alone(name: str, speed: Rate) -> float:
    pace = min(speed.per_second, ALONE.per_second)
    with _lock:
        now = time.monotonic()
        due = _alone.get(name, now)
        if due > now:
            return due - now
        _alone[name] = now + 1 / pace
        return 0.0


def pause(processor: Processor, bucket: str, seconds: float) -> None:
    """Let everybody wait: the provider said so (429). Without Redis the next attempt will be told again."""
    name = f"rate:{processor.key}:{bucket}"
    try:
        _run(PAUSE, [f"{name}:pause"], [seconds])
    except RedisError:
        with _lock:
            _alone[name] = time.monotonic() + seconds
