"""Whoever changes a submission's answers, it is indexed again: else it would be found by what it no longer says."""

from django.db import migrations

MAKE = """
SET LOCAL row_security = on;
SET LOCAL ROLE webanizr_definer;
CREATE FUNCTION submission_reindex() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
    AS $$ BEGIN
        PERFORM consent_notice(NEW.account_id, 'sites.tasks.index_submission', 'submission_id', NEW.id);
        RETURN NULL;
    END $$;
REVOKE ALL ON FUNCTION submission_reindex() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION submission_reindex() TO webanizr_owner;
SET LOCAL ROLE webanizr_owner;
SET LOCAL row_security = off;
CREATE TRIGGER content_changed AFTER UPDATE OF content ON sites_submission FOR EACH ROW
    EXECUTE FUNCTION submission_reindex();
"""
UNDO = """
DROP TRIGGER content_changed ON sites_submission;
SET LOCAL ROLE webanizr_definer;
DROP FUNCTION submission_reindex();
SET LOCAL ROLE webanizr_owner;
"""


class Migration(migrations.Migration):
    """A trigger, because staff inside a session, the worker and tools yet to come all change answers."""

    dependencies = [("sites", "0007_quarantined"), ("privacy", "0005_gate")]
    operations = [migrations.RunSQL(MAKE, UNDO)]
