"""Who may read and write reports of the mail provider, addresses that bounce, and objections."""

from django.db import migrations

from webanizr.core.tenancy import ProtectTable, Rule, TenantTable

ANY = "true"
OWN = "person_id = current_user_id()"

# Before a mail is sent its row says so.
ATTEMPT = """
GRANT UPDATE (attempted_at) ON core_mail TO webanizr_worker;
CREATE POLICY worker_update ON core_mail FOR UPDATE TO webanizr_worker
    USING (account_id = current_account_id()) WITH CHECK (account_id = current_account_id());
"""


class Migration(migrations.Migration):
    """Row-level security of what came with mail events and objections."""

    dependencies = [("core", "0010_mail_events")]
    operations = [
        TenantTable("mailevent", [Rule("app", "SELECT, INSERT"), Rule("worker", "SELECT, UPDATE")]),
        ProtectTable(
            "core_mailstop",
            [
                Rule("worker", "SELECT, INSERT, UPDATE", using=ANY),
                Rule("eraser", "SELECT, DELETE", using="last_at < now() - interval '364 days'"),
            ],
        ),
        ProtectTable(
            "core_objection",
            [
                Rule("app", "SELECT, INSERT, DELETE", using=OWN),
                Rule("worker", "SELECT", using=ANY),
                Rule("exporter", "SELECT", using=ANY),
                Rule("eraser", "SELECT, DELETE", using=OWN),
            ],
        ),
        migrations.RunSQL(
            ATTEMPT,
            "DROP POLICY worker_update ON core_mail; REVOKE UPDATE (attempted_at) ON core_mail FROM webanizr_worker;",
        ),
    ]
