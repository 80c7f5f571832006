"""Who may read and write subscriptions, and the one definition of a paying customer for SQL (promise 03)."""

from django.db import migrations

from webanizr.core.tenancy import Rule, TenantTable

ANY = "true"

# The same as `billing.selectors.is_paying`; a test compares them. Three days: see GRACE_DAYS there.
IS_PAYING = """
CREATE FUNCTION billing_is_paying(state text, net_cents integer, paid_until date) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT coalesce(
        state = 'active' AND net_cents > 0 AND paid_until > (now() AT TIME ZONE 'Europe/Amsterdam')::date - 3, false
    ) $$;
"""

STAFF = """
GRANT INSERT ON accounts_auditevent TO webanizr_staff;
CREATE POLICY staff_insert ON accounts_auditevent FOR INSERT TO webanizr_staff
    WITH CHECK (account_id = current_account_id());
GRANT INSERT ON core_outbox TO webanizr_staff;
CREATE POLICY staff_insert ON core_outbox FOR INSERT TO webanizr_staff WITH CHECK (account_id = current_account_id());
"""
NOT_STAFF = """
DROP POLICY staff_insert ON core_outbox;
REVOKE INSERT ON core_outbox FROM webanizr_staff;
DROP POLICY staff_insert ON accounts_auditevent;
REVOKE INSERT ON accounts_auditevent FROM webanizr_staff;
"""


class Migration(migrations.Migration):
    """Row-level security of subscriptions."""

    dependencies = [("billing", "0001_initial"), ("core", "0003_protect"), ("accounts", "0002_protect")]
    operations = [
        migrations.RunSQL(IS_PAYING, "DROP FUNCTION billing_is_paying(text, integer, date);"),
        TenantTable(
            "subscription",
            [
                Rule("app", "SELECT, INSERT, UPDATE"),
                Rule("worker"),
                Rule("exporter", "SELECT"),
                Rule("staff", "SELECT", using=ANY),
                Rule("staff", "INSERT, UPDATE"),
                Rule("definer", "SELECT", using=ANY),
            ],
        ),
        migrations.RunSQL(STAFF, NOT_STAFF),
    ]
