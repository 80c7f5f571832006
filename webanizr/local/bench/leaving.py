"""`erase`: an account with a million messages and ten thousand files leaves, while another one goes on reading.

WEBANIZR_BENCH_ERASE says with how many messages, for trials; a hundredth of that many bring a file.
"""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

from webanizr.local import provision
from webanizr.local.bench import Measured, bench
from webanizr.local.bench.inbox import SOME, form_with
from webanizr.local.bench.stage import Stage
from webanizr.local.place import ROOT, Problem

MESSAGES = 1_000_000
TERMS = 10  # search entries of each message that brings a file
BATCH = 5000
RATE, LOCK, GROWTH, SLOWER = 0.5, 1.0, 50.0, 2.0  # least; most seconds, MB, times another account's p95
QUIET = 300  # pages read before, to compare with
# The same rows once more, in an account of its own, for the plain DELETE.
TWIN = """
SET session_replication_role = replica;
INSERT INTO sites_searchentry (id, account_id, submission_id, token)
    SELECT gen_random_uuid(), account_id, submission_id, sha256((id::text || n)::bytea)
    FROM sites_upload, generate_series(1, {terms}) n WHERE account_id = '{leaver[account]}';
INSERT INTO sites_submission SELECT (s2).* FROM (
    SELECT jsonb_populate_record(s, jsonb_build_object('id', md5(s.id::text)::uuid, 'account_id', '{twin[account]}',
        'site_id', '{twin[site]}', 'form_id', '{twin[form]}')) s2
    FROM sites_submission s WHERE account_id = '{leaver[account]}') made;
INSERT INTO sites_searchentry (id, account_id, submission_id, token)
    SELECT md5(id::text)::uuid, '{twin[account]}', md5(submission_id::text)::uuid, token
    FROM sites_searchentry WHERE account_id = '{leaver[account]}';
INSERT INTO sites_upload SELECT (u2).* FROM (
    SELECT jsonb_populate_record(u, jsonb_build_object('id', md5(u.id::text)::uuid, 'account_id', '{twin[account]}',
        'site_id', '{twin[site]}', 'submission_id', md5(u.submission_id::text)::uuid)) u2
    FROM sites_upload u WHERE account_id = '{leaver[account]}') made;
"""
TABLES = ("sites_searchentry", "sites_upload", "sites_submission")  # children first


def messages() -> int:
    """Return how many messages the account has."""
    return int(os.environ.get("WEBANIZR_BENCH_ERASE") or MESSAGES)


def plain(stage: Stage, account: str) -> float:
    """Delete the twin's rows in batches, by nothing but SQL; return the seconds it took."""
    url = provision.with_path(stage.servers.admin_url or "", stage.servers.database)
    began = time.perf_counter()
    with closing(provision.connect(url)) as connection, connection.cursor() as cursor:
        for table in TABLES:
            gone = BATCH
            while gone == BATCH:
                chosen = f"SELECT ctid FROM {table} WHERE account_id = %s LIMIT {BATCH}"  # noqa: S608  # our tables
                cursor.execute(f"DELETE FROM {table} WHERE ctid = ANY(ARRAY({chosen}))", [account])  # noqa: S608
                gone = cursor.rowcount
    return time.perf_counter() - began


class Reader:
    """Another account's owner, who looks at the inbox again and again."""

    def __init__(self, stage: Stage, port: int, form: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.headers = {"Host": f"localhost:{port}", "Cookie": f"session={stage.content['session']}"}
        self.path = f"/inbox/?form={form}"

    def p95(self, more: Callable[[int], bool]) -> float:
        """Read while `more(pages so far)`; return the 95th percentile in ms."""
        took: list[float] = []
        while more(len(took)):
            began = time.perf_counter()
            self.connection.request("GET", self.path, headers=self.headers)
            answer = self.connection.getresponse()
            text = answer.read()
            took.append((time.perf_counter() - began) * 1000)
            if answer.status != 200 or b"mrow" not in text:
                raise Problem(f"{self.path} answers {answer.status} without messages")
            time.sleep(0.1)  # already faster than people read
        return sorted(took)[int(len(took) * 0.95)]


class Locks(threading.Thread):
    """Notes the longest time for which the eraser had changed rows and not yet committed."""

    LOOK = """
        SELECT coalesce(max(extract(epoch FROM clock_timestamp() - xact_start)), 0) FROM pg_stat_activity
        WHERE usename = 'webanizr_eraser' AND backend_xid IS NOT NULL
    """

    def __init__(self, stage: Stage) -> None:
        super().__init__(daemon=True)
        url = provision.with_path(stage.servers.admin_url or "", stage.servers.database)
        self.connection = provision.connect(url)
        self.longest = 0.0
        self.over = threading.Event()

    def run(self) -> None:
        """Look fifty times a second."""
        with closing(self.connection), self.connection.cursor() as cursor:
            while not self.over.wait(0.02):
                cursor.execute(self.LOOK)
                self.longest = max(self.longest, float(cursor.fetchone()[0]))  # type: ignore[index]  # one row


def run(stage: Stage, service: str, *arguments: str) -> subprocess.Popen[str]:
    """Start `erasing` as a service's process on the server's core."""
    return subprocess.Popen(
        [sys.executable, "-m", "webanizr.local.bench.erasing", *arguments],
        env=stage.environment(service),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def result(process: subprocess.Popen[str]) -> dict[str, Any]:
    """Return the JSON that it printed; raises Problem."""
    out, error = process.communicate()
    if process.returncode:
        raise Problem(f"webanizr.local.bench.erasing failed:\n{error[-3000:]}")
    found: dict[str, Any] = json.loads(out.splitlines()[-1])
    return found


@bench("erase", unit="× DELETE", target=RATE)
def erase(stage: Stage) -> Measured:
    """Measure erasing the whole account beside deleting the same rows, and exporting it before."""
    count, reading = messages(), form_with(stage, SOME)
    leaver, twin = (json.loads(stage.python("webanizr.local.bench.content", "make").splitlines()[-1]) for _ in range(2))
    where = (leaver["account"], leaver["site"], leaver["form"])
    stage.python("webanizr.local.bench.erasing", "fill", *where, str(count), str(count // 100), service="hosting")
    stage.sql("admin", TWIN.format(leaver=leaver, twin=twin, terms=TERMS))
    stage.tidy()
    written = result(run(stage, "exporter", "export", leaver["account"], leaver["user"]))
    with stage.web("app") as port, stage.files_apart():
        reader, locks = Reader(stage, port, reading), Locks(stage)
        reader.p95(lambda pages: pages < 20)
        before = reader.p95(lambda pages: pages < QUIET)
        with ThreadPoolExecutor(1) as pool:  # under the same load as ours
            deleting = pool.submit(plain, stage, twin["account"])
            plainly = reader.p95(lambda pages: pages < 1 or not deleting.done())
        limit = deleting.result()
        stage.tidy()
        eraser = run(stage, "eraser", "erase", leaver["account"])
        locks.start()
        meanwhile = reader.p95(lambda pages: pages < 1 or eraser.poll() is None)
        found = result(eraser)
        locks.over.set()
        locks.join()
    if found["messages"] != count or found["files"] != count // 100:
        raise Problem(f"not everything was erased: {found}")
    ratio, slower, growth = limit / found["seconds"], meanwhile / before, found["growth"]
    return Measured(
        ratio,
        f"{count / found['seconds']:,.0f} messages/s beside {count / limit:,.0f}; longest lock {locks.longest:.2f} s"
        f" (≤ {LOCK:g}); memory +{growth:.0f} MB (≤ {GROWTH:g}); another account's p95 {before:.1f} ms, meanwhile"
        f" {meanwhile:.1f} ms (≤ ×{SLOWER:g}; {plainly:.1f} ms beside the plain DELETE); export"
        f" {written['bytes'] / 1e6:,.0f} MB in {written['seconds']:.0f} s, memory +{written['growth']:.0f} MB"
        f" (≤ {GROWTH:g})",
        f"{count:,} messages, {count // 100:,} files, {count // 100 * TERMS:,} search entries, one process with the"
        f" eraser's login, plan, files, keys and a look at each table afterwards included; beside it the same rows of"
        f" another account, deleted by an administrator in batches of {BATCH:,}; a third account reads its inbox"
        f" meanwhile; one round, {stage.pinned} with the file storage",
        met=ratio >= RATE and locks.longest <= LOCK and slower <= SLOWER and max(growth, written["growth"]) <= GROWTH,
    )
