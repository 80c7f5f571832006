"""What the eraser may find, delete and empty outside the tenant tables, whose rules come with `TenantTable` (promise 08)."""

from django.db import migrations

from webanizr.core.tenancy import ProtectTable, Rule

OWN = "user_id = current_user_id()"

# (table, commands, rows, columns that an update may name)
RULES = [
    ("accounts_account", "SELECT", "true", None),  # the nightly job goes from account to account
    ("accounts_account", "DELETE", "id = current_account_id()", None),
    ("accounts_user", "SELECT, DELETE", "id = current_user_id()", None),
    ("accounts_membership", "SELECT, DELETE", "user_id = current_user_id() OR account_id = current_account_id()", None),
    ("accounts_staffmember", "SELECT, DELETE", OWN, None),
    ("accounts_signin", "SELECT, DELETE", "user_id = current_user_id() OR seen_at < now() - interval '29 days'", None),
    ("account_emailaddress", "SELECT, DELETE", OWN, None),
    ("account_emailconfirmation", "SELECT, DELETE", "true", None),
    ("mfa_authenticator", "SELECT, DELETE", OWN, None),
    ("django_session", "SELECT, DELETE", "true", None),
    ("accounts_staffsession", "SELECT, DELETE", "true", None),
    (
        "django_admin_log",
        "SELECT, DELETE",
        "user_id = current_user_id() OR action_time < now() - interval '729 days'",
        None,
    ),
    ("sites_domain", "SELECT, DELETE", "account_id = current_account_id()", None),
    # the number of a person in rows that are the account's as well
    ("accounts_auditevent", "UPDATE", "account_id = current_account_id()", "actor_id"),
    ("accounts_invitation", "UPDATE", "account_id = current_account_id()", "invited_by"),
    ("sites_siteversion", "UPDATE", "account_id = current_account_id()", "published_by"),
    ("core_job", "UPDATE", "account_id = current_account_id()", "created_by"),
]

# Databases whose tenant tables were made before `TenantTable` gave the eraser its rules.
OLDER_TABLES = """
DO $$
DECLARE found record;
BEGIN
    FOR found IN
        SELECT c.relname, cmd FROM pg_class c
        JOIN pg_constraint k ON k.conrelid = c.oid AND k.contype = 'p' AND cardinality(k.conkey) = 2
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'account_id' AND a.attnum = k.conkey[1]
        CROSS JOIN unnest(ARRAY['SELECT', 'DELETE']) cmd
        WHERE c.relnamespace = 'public'::regnamespace AND c.relrowsecurity
          AND NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'eraser_' || lower(cmd))
    LOOP
        EXECUTE format('GRANT %s ON %I TO webanizr_eraser', found.cmd, found.relname);
        EXECUTE format('CREATE POLICY %I ON %I FOR %s TO webanizr_eraser USING (account_id = current_account_id())',
            'eraser_' || lower(found.cmd), found.relname, found.cmd);
    END LOOP;
END $$;
"""


def rule(commands: str, rows: str, column: str | None) -> Rule:
    """Return the eraser's rule."""
    return Rule("eraser", commands, using=rows, columns={"UPDATE": column} if column else None)


class Migration(migrations.Migration):
    """Rules of one login for tables of several applications."""

    dependencies = [
        ("core", "0006_protect_transfer"),
        ("accounts", "0003_staff"),
        ("sites", "0002_protect"),
        ("billing", "0002_protect"),
    ]
    operations = [
        migrations.RunSQL(OLDER_TABLES, migrations.RunSQL.noop),
        *(ProtectTable(table, [rule(commands, rows, column)]) for table, commands, rows, column in RULES),
    ]
