"""`rls_inbox` and `rls_insert`: the same transaction on the same rows with and without row-level security."""

from __future__ import annotations

import contextlib
import re
import subprocess
from contextlib import closing

import psycopg2

from webanizr.local import provision
from webanizr.local.bench import Measured, bench
from webanizr.local.bench.load import medians
from webanizr.local.bench.stage import Stage
from webanizr.local.place import Problem
from webanizr.local.postgres import bin_dir

COUNTS = (10, 10_000)
PER_ACCOUNT = 50
ROUNDS = 5
SECONDS = 2
CLIENTS = 4
# Accounts, sites and forms have ids that a script can build from a number.
ACCOUNT, SITE, FORM = "a0000000-0000-4000-8000-", "b0000000-0000-4000-8000-", "c0000000-0000-4000-8000-"
PAIR, KEY = "d0000000-0000-4000-8000-", "e0000000-0000-4000-8000-"
FIRST = 100_000_000_000
CONTEXT = (
    f"BEGIN\\; SELECT set_config('webanizr.account_id', '{ACCOUNT}:n', true),"
    " set_config('webanizr.user_id', '', true)\\; "
)
SCRIPTS = {
    "inbox": CONTEXT + "SELECT id, received_at, read_at FROM {table} WHERE {account} form_id = '" + FORM + ":n'"
    " AND deleted_at IS NULL AND NOT quarantined ORDER BY received_at DESC, id DESC LIMIT 50\\; COMMIT;",
    "insert": CONTEXT + "INSERT INTO {table} (id, account_id, site_id, form_id, intake_key_id, content, received_at,"
    " expires_at, is_test, quarantined)"
    f" VALUES (gen_random_uuid(), '{ACCOUNT}:n', '{SITE}:n', '{FORM}:n', '{KEY}:n',"
    " decode(repeat('00ff', 150), 'hex'), now(), now() + interval '1 year', false, false)\\; COMMIT;",
}
FILL = """
SET session_replication_role = replica;
TRUNCATE sites_submission CASCADE;
INSERT INTO accounts_account (id, name, language, created_at)
    SELECT (%(account)s || n)::uuid, 'Bench', 'nl', now() FROM generate_series(%(first)s, %(last)s) n;
INSERT INTO sites_site (id, account_id, name, language, theme, hue, vividness, menu, created_at, updated_at)
    SELECT (%(site)s || n)::uuid, (%(account)s || n)::uuid, 'Bench', 'nl', 'markt', 20, 2, '[]', now(), now()
    FROM generate_series(%(first)s, %(last)s) n;
INSERT INTO sites_form (id, account_id, site_id, name, fields, button, thanks, notify, retention_days, created_at,
        updated_at)
    SELECT (%(form)s || n)::uuid, (%(account)s || n)::uuid, (%(site)s || n)::uuid, 'Bench', '[]', '', '', true, 365,
        now(), now()
    FROM generate_series(%(first)s, %(last)s) n;
INSERT INTO sites_sitekey (id, account_id, site_id, public_key, created_at)
    SELECT (%(pair)s || n)::uuid, (%(account)s || n)::uuid, (%(site)s || n)::uuid, '', now()
    FROM generate_series(%(first)s, %(last)s) n;
INSERT INTO sites_intakekey (id, account_id, site_id, pair_id, sealed, created_at)
    SELECT (%(key)s || n)::uuid, (%(account)s || n)::uuid, (%(site)s || n)::uuid, (%(pair)s || n)::uuid, '', now()
    FROM generate_series(%(first)s, %(last)s) n;
INSERT INTO sites_submission (id, account_id, site_id, form_id, intake_key_id, content, received_at, expires_at,
        is_test, quarantined)
    SELECT gen_random_uuid(), (%(account)s || n)::uuid, (%(site)s || n)::uuid, (%(form)s || n)::uuid,
        (%(key)s || n)::uuid, decode(repeat('00ff', 150), 'hex'),
        now() - row * interval '1 hour', now() + interval '1 year', false, false
    FROM generate_series(1, %(rows)s) row, generate_series(%(first)s, %(last)s) n;
CREATE TABLE bench_plain (LIKE sites_submission INCLUDING ALL);
INSERT INTO bench_plain SELECT * FROM sites_submission;
GRANT SELECT ON bench_plain TO webanizr_app;
GRANT INSERT ON bench_plain TO webanizr_hosting;
"""
SAME_KEYS = """
SELECT format('ALTER TABLE bench_plain ADD %%s', pg_get_constraintdef(oid)) FROM pg_constraint
WHERE conrelid = 'sites_submission'::regclass AND contype = 'f' AND pg_get_constraintdef(oid) LIKE '%%REFERENCES%%'
"""


def database(stage: Stage, accounts: int) -> str:
    """Make a database with that many accounts, and beside the real table one without row-level security."""
    name = f"{stage.servers.database}_{accounts}"
    admin_url = stage.servers.admin_url
    assert admin_url is not None
    if name in stage.known:
        return name
    with closing(provision.connect(admin_url)) as admin:
        with admin.cursor() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        provision.make_database(admin, admin_url, name, template=stage.servers.database)
    with closing(provision.connect(provision.with_path(admin_url, name))) as inside, inside.cursor() as cursor:
        values = {"account": ACCOUNT, "site": SITE, "form": FORM, "pair": PAIR, "key": KEY, "rows": PER_ACCOUNT}
        try:
            cursor.execute(FILL, values | {"first": FIRST, "last": FIRST + accounts - 1})
        except psycopg2.errors.InsufficientPrivilege as error:
            raise Problem("The figures of row-level security need a superuser in DATABASE_URL.") from error
        cursor.execute(SAME_KEYS, {})
        for (statement,) in cursor.fetchall():
            cursor.execute(statement)
        cursor.execute("RESET session_replication_role")
        cursor.execute("VACUUM ANALYZE sites_submission")
        cursor.execute("VACUUM ANALYZE bench_plain")
        cursor.execute("CHECKPOINT")
    stage.known[name] = True
    return name


def transactions(stage: Stage, kind: str, accounts: int, *, secured: bool) -> float:
    """Return the transactions per second of a kind, with or without row-level security."""
    script = stage.own.data / "pgbench.sql"
    text = SCRIPTS[kind].format(
        table="sites_submission" if secured else "bench_plain",
        account="" if secured else f"account_id = '{ACCOUNT}:n' AND",
    )
    script.write_text(f"\\set n random({FIRST}, {FIRST + accounts - 1})\n{text}\n")
    url = stage.servers.login("app" if kind == "inbox" else "hosting")
    target = provision.with_path(url, f"{stage.servers.database}_{accounts}")
    done = subprocess.run(
        [bin_dir() / "pgbench", "-n", f"-c{CLIENTS}", "-j1", f"-T{SECONDS}", "-f", script, target],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=stage.on_load_core,
    )
    found = re.search(r"tps = ([\d.]+)", done.stdout)
    if done.returncode or not found or "failed transactions: 0 " not in done.stdout:
        raise Problem(f"pgbench failed: {(done.stdout + done.stderr)[-1500:]}")
    return float(found[1])


def measure(stage: Stage, kind: str) -> Measured:
    """Compare both sides with few and with many accounts."""
    with contextlib.suppress(OSError):
        program = bin_dir() / "pgbench"
        if not program.exists():
            raise Problem(f"`bench` needs pgbench beside {bin_dir()}/postgres: apt-get install -y postgresql-contrib")
    for accounts in COUNTS:
        database(stage, accounts)
    rounds = []
    for _ in range(ROUNDS):
        rates = [
            transactions(stage, kind, accounts, secured=secured) for accounts in COUNTS for secured in (True, False)
        ]
        rounds.append((rates[0] / rates[1], rates[2] / rates[3], *rates))
    few, many, *rates = medians(rounds)
    return Measured(
        min(few, many),
        f"{few:.2f} with {COUNTS[0]} accounts, {many:.2f} with {COUNTS[1]:,};"
        f" {rates[2]:,.0f}/s beside {rates[3]:,.0f}/s",
        f"the same transaction, context and keys on both sides, {PER_ACCOUNT} rows per account; pgbench, {CLIENTS}"
        f" connections, {ROUNDS} rounds of {SECONDS} s, {stage.pinned}",
        met=min(few, many) >= 0.9 and abs(many / few - 1) <= 0.1,
    )


@bench("rls_inbox", unit="× without", target=0.9)
def rls_inbox(stage: Stage) -> Measured:
    """Measure reading an inbox's page of fifty."""
    return measure(stage, "inbox")


@bench("rls_insert", unit="× without", target=0.9)
def rls_insert(stage: Stage) -> Measured:
    """Measure storing a submission."""
    return measure(stage, "insert")
