"""Files whose messages are gone are deleted by one task for a whole statement, not by one for each file."""

from django.db import migrations

# The rows that a foreign key takes along are one transition table of the statement that deleted their parents, so a
# batch of messages makes one task for each thousand files (as many as S3 deletes at once). The eraser deletes and
# verifies files by itself.
BY_STATEMENT = """
SET LOCAL row_security = on;
SET LOCAL ROLE webanizr_definer;
CREATE FUNCTION uploads_gone() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
    AS $$ BEGIN
        IF session_user <> 'webanizr_eraser' THEN
            INSERT INTO core_outbox (id, account_id, task, args, state, attempts, due_at, created_at, error)
            SELECT gen_random_uuid(), account_id, 'sites.tasks.discard_files',
                jsonb_build_object('file_ids', jsonb_agg(id)), 'pending', 0, clock_timestamp(), clock_timestamp(), ''
            FROM (SELECT id, account_id, (row_number() OVER (PARTITION BY account_id) - 1) / 1000 AS part FROM gone) g
            GROUP BY account_id, part;
        END IF;
        RETURN NULL;
    END $$;
REVOKE ALL ON FUNCTION uploads_gone() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION uploads_gone() TO webanizr_owner;
SET LOCAL ROLE webanizr_owner;
DROP TRIGGER upload_gone ON sites_upload;
CREATE TRIGGER uploads_gone AFTER DELETE ON sites_upload REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION uploads_gone();
REVOKE EXECUTE ON FUNCTION uploads_gone() FROM webanizr_owner;
SET LOCAL ROLE webanizr_definer;
DROP FUNCTION upload_gone();
SET LOCAL ROLE webanizr_owner;
SET LOCAL row_security = off;
"""


class Migration(migrations.Migration):
    """There is no way back to a task for each file."""

    dependencies = [("sites", "0011_take_submission")]
    operations = [migrations.RunSQL(BY_STATEMENT, migrations.RunSQL.noop)]
