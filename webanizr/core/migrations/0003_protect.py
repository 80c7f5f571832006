"""Who may read and write the platform's tables, and the function by which the relay looks across accounts."""

from django.db import migrations

from webanizr.core.tenancy import Rule, TenantTable

ANY = "true"

# Fair: at most per_account rows of each account a turn. SKIP LOCKED: two relays never hand out the same row. A lease
# that ran out (a lost message, a killed worker) makes its row due again; a row whose task still runs is locked.
CLAIM = """
SET LOCAL row_security = on;  -- the body is checked as the definer
SET LOCAL ROLE webanizr_definer;
CREATE FUNCTION outbox_claim(per_account integer, total integer, lease interval)
    RETURNS TABLE (id uuid, account_id uuid, task varchar, args jsonb)
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public
    AS $$
    WITH due AS (
        SELECT row.account_id, row.id
        FROM accounts_account account
        CROSS JOIN LATERAL (
            SELECT o.account_id, o.id, o.due_at
            FROM core_outbox o
            WHERE o.account_id = account.id AND o.state IN ('pending', 'leased')
              AND o.due_at <= clock_timestamp()
              AND (o.state = 'pending' OR o.leased_until < clock_timestamp())
            ORDER BY o.due_at
            LIMIT per_account
            FOR UPDATE SKIP LOCKED
        ) row
        ORDER BY row.due_at
        LIMIT total
    )
    UPDATE core_outbox o
    SET state = 'leased', leased_until = clock_timestamp() + lease, attempts = o.attempts + 1
    FROM due
    WHERE o.account_id = due.account_id AND o.id = due.id
    RETURNING o.id, o.account_id, o.task, o.args
    $$;
REVOKE ALL ON FUNCTION outbox_claim(integer, integer, interval) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION outbox_claim(integer, integer, interval) TO webanizr_worker;
SET LOCAL ROLE webanizr_owner;
SET LOCAL row_security = off;
"""


class Migration(migrations.Migration):
    """Row-level security of outbox, jobs and mail."""

    dependencies = [("core", "0002_initial"), ("accounts", "0002_protect")]
    operations = [
        TenantTable(
            "outbox",
            [
                Rule("app", "SELECT, INSERT"),
                Rule("hosting", "INSERT"),
                Rule("worker"),
                Rule("exporter", "SELECT, INSERT, UPDATE"),
                Rule("eraser", "SELECT, INSERT, UPDATE"),
                Rule("staff", "SELECT", using=ANY),
                # letting a dead row try again; the task and its ids stay as they are
                Rule("staff", "UPDATE", columns={"UPDATE": "state, attempts, due_at, finished_at"}),
                Rule("definer", "SELECT, UPDATE", using=ANY),
            ],
        ),
        TenantTable(
            "job",
            [Rule("app", "SELECT, INSERT, UPDATE, DELETE"), Rule("worker"), Rule("exporter", "SELECT, UPDATE")],
        ),
        TenantTable("mail", [Rule("app", "INSERT"), Rule("worker", "SELECT, INSERT, DELETE")]),
        migrations.RunSQL(
            CLAIM,
            "SET LOCAL ROLE webanizr_definer; DROP FUNCTION outbox_claim(integer, integer, interval);"
            "SET LOCAL ROLE webanizr_owner;",
        ),
    ]
