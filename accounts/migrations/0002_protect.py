"""Who may read and write the accounts' tables, in the database itself. Members are looked up before any account is chosen."""

from django.db import migrations

from webanizr.core.tenancy import ProtectTable, Rule, TenantTable

ANY = "true"
OWN = "user_id = current_user_id()"
ACCOUNT = "id = current_account_id()"
ALL = "SELECT, INSERT, UPDATE, DELETE"

# A person's accounts, for the switcher: read by a function, since a policy may hold no subquery.
MY_ACCOUNTS = """
SET LOCAL row_security = on;  -- the body is checked as the definer
SET LOCAL ROLE webanizr_definer;
CREATE FUNCTION my_account_ids() RETURNS uuid[] LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public
    AS $$ SELECT coalesce(array_agg(account_id), '{}') FROM accounts_membership WHERE user_id = current_user_id() $$;
REVOKE ALL ON FUNCTION my_account_ids() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION my_account_ids() TO webanizr_app;
SET LOCAL ROLE webanizr_owner;
SET LOCAL row_security = off;
"""

PLATFORM = """
INSERT INTO accounts_account (id, name, language, created_at)
VALUES ('00000000-0000-0000-0000-000000000000', 'Webanizr', 'nl', now());
"""


class Migration(migrations.Migration):
    """Row-level security of the control tables and of the accounts' own tenant tables."""

    # PostgreSQL can't check a new foreign key to a table whose rows the owner may not see: first all tables, then this.
    dependencies = [
        ("accounts", "0001_initial"),
        ("core", "0002_initial"),
        ("sites", "0001_initial"),
        ("account", "0009_emailaddress_unique_primary_email"),
        ("mfa", "0003_authenticator_type_uniq"),
        ("admin", "0003_logentry_add_action_flag_choices"),
    ]
    operations = [
        migrations.RunSQL(PLATFORM, "DELETE FROM accounts_account WHERE id = '00000000-0000-0000-0000-000000000000'"),
        ProtectTable(
            "accounts_membership",
            [
                # a person's own memberships before an account is chosen, and the account's members after
                Rule("app", "SELECT", using="user_id = current_user_id() OR account_id = current_account_id()"),
                Rule("app", "INSERT, UPDATE, DELETE"),
                Rule("worker", "SELECT"),
                Rule("exporter", "SELECT"),
                Rule("staff", "SELECT", using=ANY),
                Rule("definer", "SELECT", using=ANY),
            ],
        ),
        migrations.RunSQL(
            MY_ACCOUNTS,
            "SET LOCAL ROLE webanizr_definer; DROP FUNCTION my_account_ids(); SET LOCAL ROLE webanizr_owner;",
        ),
        ProtectTable(
            "accounts_account",
            [
                Rule("app", "SELECT", using="id = current_account_id() OR id = ANY (my_account_ids())"),
                Rule("app", "INSERT, UPDATE", using=ACCOUNT),
                Rule("worker", "SELECT", using=ANY),
                Rule("exporter", "SELECT", using=ACCOUNT),
                Rule("staff", "SELECT", using=ANY),
                Rule("definer", "SELECT", using=ANY),
            ],
        ),
        ProtectTable(
            "accounts_user",
            [
                Rule("app", "SELECT, INSERT", using=ANY),
                Rule("app", "UPDATE", using="id = current_user_id()"),
                Rule("worker", "SELECT", using=ANY),
                Rule("staff", "SELECT", using=ANY),
            ],
        ),
        ProtectTable(
            "accounts_staffmember",
            [Rule("staff", "SELECT", using=ANY)],
        ),
        ProtectTable("accounts_staffsession", [Rule("staff", ALL, using=ANY)]),
        ProtectTable("accounts_signin", [Rule("app", ALL, using=OWN), Rule("staff", ALL, using=OWN)]),
        TenantTable("invitation", [Rule("app"), Rule("worker", "SELECT, DELETE")]),
        TenantTable("apitoken", [Rule("app"), Rule("worker", "SELECT, DELETE")]),
        TenantTable(
            "auditevent", [Rule("app", "SELECT, INSERT"), Rule("worker", "SELECT, INSERT"), Rule("exporter", "INSERT")]
        ),
    ]
