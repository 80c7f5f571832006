"""`submit` and `submit_p99_ms`: a form post with all its checks beside one INSERT and COMMIT behind a bare WSGI app."""

from __future__ import annotations

from pathlib import Path

from webanizr.local.bench import Measured, bench
from webanizr.local.bench.load import ROUNDS, medians, program, steady, wrk
from webanizr.local.bench.stage import Stage
from webanizr.local.place import Problem

SECONDS = 4
MOST = 5000  # posts a second that the prepared ones last for
TABLE = """
    DROP TABLE IF EXISTS bench_insert;
    CREATE TABLE bench_insert (id uuid PRIMARY KEY, content bytea, at timestamptz DEFAULT now());
    GRANT INSERT ON bench_insert TO webanizr_hosting;
"""


class Posts:
    """Posts with challenges of their own: each one is used once."""

    def __init__(self, stage: Stage, count: int) -> None:
        self.stage = stage
        text = stage.python("webanizr.local.bench.content", "posts", stage.content["form"], str(count))
        self.lines = text.splitlines()

    def take(self, count: int) -> Path:
        """Write the next posts to a file of their own; return its path."""
        if len(self.lines) < count:
            raise Problem("the prepared posts are used up")
        path = self.stage.own.data / "posts.txt"
        path.write_text("\n".join(self.lines[:count]) + "\n")
        del self.lines[:count]
        return path


def rows(stage: Stage) -> int:
    """Return how many submissions are stored."""
    return int(stage.sql("admin", "SELECT count(*) FROM sites_submission")[0][0])


@bench("submit", unit="× bare INSERT + COMMIT", target=0.4)
def submit(stage: Stage) -> Measured:
    """Measure form posts, all checks, committed, beside a bare WSGI application that only inserts and commits."""
    program("wrk")
    host, path = stage.content["host"], f"/_f/{stage.content['form']}"
    posts = Posts(stage, MOST * SECONDS * ROUNDS + MOST)
    stage.sql("admin", TABLE)
    with stage.web("hosting") as ours, stage.web("hosting", "webanizr.local.bench.apps:insert") as bare:
        wrk(stage, ours, path, host=host, bodies=posts.take(MOST), connections=8, seconds=1)
        wrk(stage, bare, path, host=host, bodies=stage.own.data / "posts.txt", connections=8, seconds=1)
        rounds = []
        for _ in range(ROUNDS):
            file, before = posts.take(MOST * SECONDS), rows(stage)
            mine = wrk(stage, ours, path, host=host, bodies=file, connections=8, seconds=SECONDS)
            added = rows(stage) - before
            if mine.bad or added < mine.requests:
                raise Problem(f"{mine.requests} posts, {mine.bad} refused, {added} rows")
            limit = wrk(stage, bare, path, host=host, bodies=file, connections=8, seconds=SECONDS)
            if limit.bad:
                raise Problem(f"the bare application refused {limit.bad}")
            rounds.append((mine.per_second / limit.per_second, mine.per_second, limit.per_second))
    ratio, mine_rate, limit_rate = medians(rounds)
    stage.known["submit"] = mine_rate
    return Measured(
        ratio,
        f"{mine_rate:,.0f}/s beside {limit_rate:,.0f}/s",
        f"4 answers, challenge, rate limit and outbox row; 8 connections, {ROUNDS} rounds, {stage.pinned}",
    )


@bench("submit_p99_ms", unit="ms", target=50, most=True)
def submit_p99(stage: Stage) -> Measured:
    """Measure the slowest hundredth of posts at half the rate of `submit`."""
    if "submit" not in stage.known:
        submit(stage)
    rate, seconds = stage.known["submit"] / 2, 6
    host, path = stage.content["host"], f"/_f/{stage.content['form']}"
    count = int(rate * seconds)
    posts = Posts(stage, count * (ROUNDS + 1))
    with stage.web("hosting") as port:
        steady(stage, port, path, host=host, bodies=posts.take(count), per_second=rate, seconds=seconds)
        found = [
            (steady(stage, port, path, host=host, bodies=posts.take(count), per_second=rate, seconds=seconds),)
            for _ in range(ROUNDS)
        ]
    (p99,) = medians(found)
    return Measured(
        p99,
        f"at {rate:,.0f} posts/s",
        f"fixed rate, counted from when each post was due; {ROUNDS} rounds of {seconds} s, {stage.pinned}",
    )
