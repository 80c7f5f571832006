"""What a session for exporting wrote goes when the session ends, however it ends."""

from django.db import migrations

TRIGGER = """
SET LOCAL row_security = on;
SET LOCAL ROLE webanizr_definer;
CREATE FUNCTION access_session_closed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
    AS $$ BEGIN
        PERFORM consent_notice(NEW.account_id, 'sites.export_tasks.forget_consented', 'session_id', NEW.id);
        RETURN NULL;
    END $$;
REVOKE ALL ON FUNCTION access_session_closed() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION access_session_closed() TO webanizr_owner;
SET LOCAL ROLE webanizr_owner;
SET LOCAL row_security = off;
CREATE TRIGGER after_closing AFTER UPDATE OF closed_at ON privacy_accesssession FOR EACH ROW
    WHEN (OLD.closed_at IS NULL AND NEW.closed_at IS NOT NULL AND NEW.action = 'export')
    EXECUTE FUNCTION access_session_closed();
"""
UNDO = """
DROP TRIGGER after_closing ON privacy_accesssession;
SET LOCAL ROLE webanizr_definer;
DROP FUNCTION access_session_closed();
SET LOCAL ROLE webanizr_owner;
"""


class Migration(migrations.Migration):
    """One trigger."""

    dependencies = [("privacy", "0005_gate")]
    operations = [migrations.RunSQL(TRIGGER, UNDO)]
