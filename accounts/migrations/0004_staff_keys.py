"""Second factors of staff: set in the staff service, the first one with a code that only a deployment hands out."""

import uuid

import django.utils.timezone
from django.db import migrations, models

from webanizr.core.tenancy import ChangeRules, ProtectTable, Rule

OWN = "user_id = current_user_id()"
# the code mail of somebody who signs in at the staff service belongs to nobody's account
PLATFORM = "account_id = '00000000-0000-0000-0000-000000000000'::uuid"

POLICIES = """
GRANT INSERT ON mfa_authenticator TO webanizr_staff;
CREATE POLICY staff_insert ON mfa_authenticator FOR INSERT TO webanizr_staff WITH CHECK (user_id = current_user_id());
GRANT SELECT, DELETE ON mfa_authenticator TO webanizr_definer;
CREATE POLICY definer_select ON mfa_authenticator FOR SELECT TO webanizr_definer USING (true);
CREATE POLICY definer_delete ON mfa_authenticator FOR DELETE TO webanizr_definer USING (true);
"""
UNDO = """
DROP POLICY staff_insert ON mfa_authenticator;
REVOKE INSERT ON mfa_authenticator FROM webanizr_staff;
DROP POLICY definer_select ON mfa_authenticator;
DROP POLICY definer_delete ON mfa_authenticator;
REVOKE SELECT, DELETE ON mfa_authenticator FROM webanizr_definer;
"""

# A new code takes the place of the former one; `forget` drops every key, for somebody who lost theirs.
STAFF_ENROL = """
SET LOCAL ROLE webanizr_definer;
CREATE FUNCTION staff_enrol(person uuid, code_hash bytea, valid_until timestamptz, forget boolean) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$ BEGIN
        UPDATE accounts_staffmember SET enrolment_hash = code_hash, enrolment_until = valid_until WHERE user_id = person;
        IF forget THEN
            DELETE FROM accounts_staffkey WHERE user_id = person;
            DELETE FROM mfa_authenticator WHERE user_id = person;
        END IF;
    END $$;
REVOKE ALL ON FUNCTION staff_enrol(uuid, bytea, timestamptz, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION staff_enrol(uuid, bytea, timestamptz, boolean) TO webanizr_owner;
SET LOCAL ROLE webanizr_owner;
"""


class Migration(migrations.Migration):
    """Keys of staff."""

    dependencies = [("accounts", "0003_staff"), ("core", "0004_protect_third_party")]
    operations = [
        migrations.AddField("staffmember", "enrolment_hash", models.BinaryField(null=True)),
        migrations.AddField("staffmember", "enrolment_until", models.DateTimeField(null=True)),
        migrations.CreateModel(
            name="StaffKey",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("user_id", models.UUIDField()),
                ("authenticator_id", models.BigIntegerField(unique=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={"indexes": [models.Index(fields=["user_id"], name="staff_key_of_user")]},
        ),
        ProtectTable(
            "accounts_staffkey",
            [
                Rule("staff", "SELECT, INSERT", using=OWN),
                Rule("definer", "SELECT, DELETE", using="true"),
                Rule("eraser", "SELECT, DELETE", using=OWN),
            ],
        ),
        migrations.RunSQL(POLICIES, UNDO),
        ChangeRules("core_mail", [Rule("staff", "INSERT", using=PLATFORM)]),
        migrations.RunSQL(
            STAFF_ENROL,
            "SET LOCAL ROLE webanizr_definer; DROP FUNCTION staff_enrol(uuid, bytea, timestamptz, boolean);"
            "SET LOCAL ROLE webanizr_owner;",
        ),
    ]
