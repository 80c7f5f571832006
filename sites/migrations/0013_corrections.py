"""A member may correct what a visitor filled in; each correction is a line of the account's log, with hashes."""

from django.db import migrations

MAKE = """
GRANT UPDATE (content) ON sites_submission TO webanizr_app;
SET LOCAL row_security = on;
SET LOCAL ROLE webanizr_definer;
CREATE FUNCTION submission_corrected() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
    AS $$
    DECLARE line privacy_accesslog;
    BEGIN
        line.account_id := NEW.account_id;
        line.event := 'changed';
        line.by := 'member';
        line.actor_id := current_user_id();
        line.site_id := NEW.site_id;
        line.form_id := NEW.form_id;
        line.submission_id := NEW.id;
        line.before := sha256(OLD.content);
        line.after := sha256(NEW.content);
        PERFORM access_log_append(line);
        RETURN NULL;
    END $$;
REVOKE ALL ON FUNCTION submission_corrected() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION submission_corrected() TO webanizr_owner;
SET LOCAL ROLE webanizr_owner;
SET LOCAL row_security = off;
CREATE TRIGGER corrected_by_member AFTER UPDATE OF content ON sites_submission FOR EACH ROW
    WHEN (current_user = 'webanizr_app') EXECUTE FUNCTION submission_corrected();
"""
UNDO = """
DROP TRIGGER corrected_by_member ON sites_submission;
REVOKE UPDATE (content) ON sites_submission FROM webanizr_app;
SET LOCAL ROLE webanizr_definer;
DROP FUNCTION submission_corrected();
SET LOCAL ROLE webanizr_owner;
"""


class Migration(migrations.Migration):
    """The same trigger's work as for staff, without a session: the messages are the member's own account's."""

    dependencies = [("sites", "0012_discard_files"), ("privacy", "0009_protect_export")]
    operations = [migrations.RunSQL(MAKE, UNDO)]
