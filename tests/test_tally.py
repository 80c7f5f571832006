"""Limits that nobody waits for: counted in the process, added up between processes; and a form's body read as ever."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import parse_qsl

import pytest
import redis
from hypothesis import given
from hypothesis import strategies as st
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from sites.hosting import body
from webanizr.core import ratelimit
from webanizr.core.tally import Tally

NOW = 1_800_000_000.0
LIMIT: dict[str, Any] = {"limit": 3, "seconds": 600, "now": NOW}


def hits(tally: Tally, count: int, who: str = "vera") -> list[bool]:
    return [tally.hit("intake", who, **LIMIT) == 0 for _ in range(count)]


def test_one_process_is_exact_and_the_next_window_is_new() -> None:
    tally = Tally()
    assert hits(tally, 4) == [True, True, True, False]
    assert hits(tally, 1, who="piet") == [True]
    assert tally.hit("intake", "vera", **LIMIT) == 600 - int(NOW % 600)
    assert tally.hit("intake", "vera", **(LIMIT | {"now": NOW + 600})) == 0


def test_processes_hear_of_each_other() -> None:
    one, two = Tally(), Tally()
    assert hits(one, 2) == [True, True]
    one.sync(NOW)
    assert hits(two, 1) == [True]
    two.sync(NOW)
    assert hits(two, 1) == [False]
    one.sync(NOW)  # nothing new to tell: nothing counted twice
    assert hits(one, 1) == [True]
    one.sync(NOW)
    assert hits(one, 1) == [False]


def test_no_address_leaves_the_process() -> None:
    tally = Tally()
    hits(tally, 1, who="203.0.113.0/24")
    tally.sync(NOW)
    keys = [key.decode() for key in ratelimit.connection().scan_iter("*")]
    assert [key for key in keys if key.startswith("limit:intake:")]
    assert not [key for key in keys if "203.0.113" in key]
    assert all(0 < ratelimit.connection().ttl(key) <= 601 for key in keys)


def test_with_redis_away_it_goes_on_and_catches_up(monkeypatch: pytest.MonkeyPatch) -> None:
    tally, other = Tally(), Tally()
    nowhere = redis.Redis(port=1, retry=Retry(NoBackoff(), 0))
    with monkeypatch.context() as away:
        away.setattr(ratelimit, "connection", lambda: nowhere)
        began = time.monotonic()
        assert hits(tally, 4) == [True, True, True, False]
        assert time.monotonic() - began < 0.1  # nobody waits for a dead Redis
        with pytest.raises(RedisError):
            tally.sync(NOW)
    tally.sync(NOW)
    hits(other, 1)
    other.sync(NOW)
    assert hits(other, 1) == [False]


def test_a_flood_of_networks_does_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webanizr.core.tally.MOST", 10)
    tally = Tally()
    for number in range(100):
        hits(tally, 1, who=str(number))
    assert len(tally._windows) <= 10


@given(st.text(alphabet="ab=&+%20C3A9é;", max_size=40))
def test_a_body_is_read_as_the_library_reads_it(text: str) -> None:
    pairs = parse_qsl(text, keep_blank_values=True, encoding="utf-8", errors="replace")
    assert [(name, value) for name, values in body.urlencoded(text.encode()).items() for value in values] == sorted(
        pairs, key=lambda pair: list(dict(pairs)).index(pair[0])
    )


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:0db8:0001::/48"),
        ("fe80::1%eth0", "fe80:0000:0000::/48"),
        ("203.0.113.7.7", "unknown"),
        ("1:2:3", "unknown"),
        ("x\0", "unknown"),
        ("", "unknown"),
    ],
)
def test_networks(address: str, network: str) -> None:
    assert ratelimit.ip_prefix(address) == network
