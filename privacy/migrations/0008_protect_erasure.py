"""Who may read and write erasures: a person their own and their account's, the eraser all, nobody what is sealed."""

from django.db import migrations

from webanizr.core.tenancy import ProtectTable, Rule

ANY = "true"
# An erasure's own page works by its link, without an account: the app opens one by its number (privacy.selectors).
ONE = "current_erasure_id()"
OURS = f"requested_by = current_user_id() OR account_ref = current_account_id() OR id = {ONE}"

SCOPE = """
CREATE FUNCTION current_erasure_id() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT nullif(current_setting('webanizr.erasure_id', true), '')::uuid $$;
"""


class Migration(migrations.Migration):
    """Row-level security of the erasure engine's tables; the eraser may mail the certificate."""

    dependencies = [("privacy", "0007_erasure"), ("core", "0007_protect_eraser")]
    operations = [
        migrations.RunSQL(SCOPE, "DROP FUNCTION current_erasure_id();"),
        ProtectTable(
            "privacy_erasurerequest",
            [
                Rule("app", "SELECT", using=OURS),
                Rule("app", "INSERT", using="requested_by = current_user_id()"),
                Rule("app", "UPDATE", using=OURS, columns={"UPDATE": "state, starts_at, paused"}),
                Rule("eraser", using=ANY),
                Rule("worker", "SELECT", using=ANY),
                Rule("staff", "SELECT", using=ANY),
            ],
        ),
        ProtectTable("privacy_erasuresecret", [Rule("app", "INSERT", using=ANY), Rule("eraser", using=ANY)]),
        ProtectTable(
            "privacy_erasurestep",
            [
                Rule("app", "SELECT", using=f"request_id = {ONE}"),
                Rule("eraser", using=ANY),
                Rule("worker", "SELECT", using=ANY),
                Rule("staff", "SELECT", using=ANY),
                # trying again at once
                Rule("staff", "UPDATE", using=ANY, columns={"UPDATE": "due_at"}),
            ],
        ),
        ProtectTable(
            "privacy_ledgerposition",
            [
                Rule("eraser", "SELECT, INSERT", using=ANY),
                *(Rule(login, "SELECT", using=ANY) for login in ("app", "staff", "worker", "exporter")),
            ],
        ),
        ProtectTable("core_mail", [Rule("eraser", "INSERT")]),
    ]
