"""The function by which a deployment lets somebody into the staff service, or puts them out."""

from django.db import migrations

from webanizr.core.tenancy import AllowKeyChecks

# Runs as its caller's owner role through the definer: no service's login may execute it.
STAFF_SET = """
SET LOCAL ROLE webanizr_definer;
CREATE FUNCTION staff_set(address text, person text, in_team text, is_active boolean) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public
    AS $$
    DECLARE found uuid;
    BEGIN
        SELECT id INTO found FROM accounts_user WHERE email = address;
        IF found IS NULL THEN
            found := gen_random_uuid();
            INSERT INTO accounts_user (id, name, email) VALUES (found, person, address);
            INSERT INTO account_emailaddress (user_id, email, verified, "primary") VALUES (found, address, true, true);
        END IF;
        INSERT INTO accounts_staffmember (id, user_id, team, active)
            VALUES (gen_random_uuid(), found, in_team, is_active)
            ON CONFLICT (user_id) DO UPDATE SET team = in_team, active = is_active;
        RETURN found;
    END
    $$;
REVOKE ALL ON FUNCTION staff_set(text, text, text, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION staff_set(text, text, text, boolean) TO webanizr_owner;
SET LOCAL ROLE webanizr_owner;
"""
POLICIES = """
GRANT SELECT, INSERT ON accounts_user TO webanizr_definer;
CREATE POLICY definer_select ON accounts_user FOR SELECT TO webanizr_definer USING (true);
CREATE POLICY definer_insert ON accounts_user FOR INSERT TO webanizr_definer WITH CHECK (true);
GRANT INSERT ON account_emailaddress TO webanizr_definer;
CREATE POLICY definer_insert ON account_emailaddress FOR INSERT TO webanizr_definer WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE ON accounts_staffmember TO webanizr_definer;
CREATE POLICY definer_select ON accounts_staffmember FOR SELECT TO webanizr_definer USING (true);
CREATE POLICY definer_insert ON accounts_staffmember FOR INSERT TO webanizr_definer WITH CHECK (true);
CREATE POLICY definer_update ON accounts_staffmember FOR UPDATE TO webanizr_definer USING (true) WITH CHECK (true);
"""


class Migration(migrations.Migration):
    """Staff come and go by deployment only."""

    dependencies = [("accounts", "0002_protect"), ("core", "0004_protect_third_party")]
    operations = [
        AllowKeyChecks(),
        migrations.RunSQL(POLICIES, migrations.RunSQL.noop),
        migrations.RunSQL(
            STAFF_SET,
            "SET LOCAL ROLE webanizr_definer; DROP FUNCTION staff_set(text, text, text, boolean);"
            "SET LOCAL ROLE webanizr_owner;",
        ),
    ]
