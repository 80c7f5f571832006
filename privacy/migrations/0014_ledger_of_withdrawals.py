"""Consent that is withdrawn is in the ledger too, and the hosting service may ask how far the ledger was followed."""

from django.db import migrations

from webanizr.core.tenancy import ChangeRules, Rule

ANY = "true"
# Whoever withdraws: the line follows in seconds, and is written once however often this happens.
WITHDRAWN = """
SET LOCAL row_security = on;
SET LOCAL ROLE webanizr_definer;
CREATE FUNCTION access_grant_withdrawn() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
    AS $$ BEGIN
        PERFORM consent_notice(NEW.account_id, 'privacy.tasks.keep_withdrawal', 'grant_id', NEW.id);
        RETURN NULL;
    END $$;
REVOKE ALL ON FUNCTION access_grant_withdrawn() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION access_grant_withdrawn() TO webanizr_owner;
SET LOCAL ROLE webanizr_owner;
CREATE TRIGGER withdrawn AFTER UPDATE OF revoked_at ON privacy_accessgrant FOR EACH ROW
    WHEN (OLD.revoked_at IS NULL AND NEW.revoked_at IS NOT NULL) EXECUTE FUNCTION access_grant_withdrawn();
REVOKE EXECUTE ON FUNCTION access_grant_withdrawn() FROM webanizr_owner;
SET LOCAL row_security = off;
"""
UNDO = """
DROP TRIGGER withdrawn ON privacy_accessgrant;
SET LOCAL ROLE webanizr_definer;
DROP FUNCTION access_grant_withdrawn();
SET LOCAL ROLE webanizr_owner;
"""


class Migration(migrations.Migration):
    """The worker writes such a line; after a restored backup the eraser withdraws again."""

    dependencies = [("privacy", "0013_protect_subscriber")]
    operations = [
        migrations.RunSQL(WITHDRAWN, UNDO),
        ChangeRules(
            "privacy_ledgerposition",
            [
                Rule("worker", "INSERT", using=ANY),
                # a number, which says how many lines there are
                Rule("hosting", "SELECT", using=ANY, columns={"SELECT": "seq"}),
            ],
        ),
        ChangeRules(
            "privacy_accessgrant",
            [Rule("eraser", "UPDATE", columns={"UPDATE": "staff_id, granted_by, revoked_by, revoked_at"})],
            before=[Rule("eraser", "UPDATE", columns={"UPDATE": "staff_id, granted_by, revoked_by"})],
        ),
    ]
