"""Answers are sealed, and the database takes nothing else (promises 10, 13 and 16).

The hosting service may look up a public key and add what is sealed to it; it can't read that back.
"""

from django.db import migrations

from webanizr.core.tenancy import Rule, TenantKey, TenantTable

# Rows of before are let be until `sites.tasks.mend_keys` has sealed them: NOT VALID. 1 is the format that isn't sealed.
SEALED_ONLY = """
ALTER TABLE sites_submission ADD CONSTRAINT submission_is_sealed
    CHECK (intake_key_id IS NOT NULL AND substring(content FROM 1 FOR 1) <> '\\x01'::bytea) NOT VALID
"""
# The worker seals those rows.
MEND = """
CREATE POLICY "worker_update" ON sites_submission FOR UPDATE TO webanizr_worker
    USING (account_id = current_account_id()) WITH CHECK (account_id = current_account_id())
"""


class Migration(migrations.Migration):
    """Row-level security of the keys."""

    dependencies = [("sites", "0003_encryption")]
    operations = [
        TenantTable(
            "sitekey",
            [
                Rule("app", "SELECT, INSERT"),
                Rule("app", "UPDATE", columns={"UPDATE": "retired_at"}),
                Rule("hosting", "SELECT"),
                Rule("worker", "SELECT, INSERT, DELETE"),
                Rule("worker", "UPDATE", columns={"UPDATE": "retired_at"}),
            ],
        ),
        TenantTable(
            "intakekey",
            [
                Rule("app", "SELECT"),
                Rule("hosting", "INSERT"),
                Rule("worker", "SELECT, INSERT, DELETE"),
                Rule("worker", "UPDATE", columns={"UPDATE": "sealed, pair_id"}),
                Rule("exporter", "SELECT"),
            ],
        ),
        TenantKey("submission", "intake_key"),
        migrations.RunSQL(SEALED_ONLY, "ALTER TABLE sites_submission DROP CONSTRAINT submission_is_sealed"),
        migrations.RunSQL(
            f"GRANT UPDATE (content, intake_key_id) ON sites_submission TO webanizr_worker; {MEND}",
            'DROP POLICY "worker_update" ON sites_submission;'
            " REVOKE UPDATE (content, intake_key_id) ON sites_submission FROM webanizr_worker",
        ),
    ]
