"""Who may read and write the rows of visitors' files, and what deletes the files themselves."""

from django.db import migrations

from webanizr.core.tenancy import Rule, TenantTable

# Whoever deletes a submission deletes these rows with it (ON DELETE CASCADE); the worker is told to delete the file.
# The eraser deletes and verifies files by itself (`privacy.erasure`), and an account that goes takes its outbox along.
GONE = """
SET LOCAL row_security = on;
SET LOCAL ROLE webanizr_definer;
CREATE FUNCTION upload_gone() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
    AS $$ BEGIN
        IF session_user <> 'webanizr_eraser' THEN
            INSERT INTO core_outbox (id, account_id, task, args, state, attempts, due_at, created_at, error)
            VALUES (gen_random_uuid(), OLD.account_id, 'sites.tasks.discard_file', jsonb_build_object('file_id', OLD.id),
                'pending', 0, clock_timestamp(), clock_timestamp(), '');
        END IF;
        RETURN NULL;
    END $$;
REVOKE ALL ON FUNCTION upload_gone() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION upload_gone() TO webanizr_owner;
SET LOCAL ROLE webanizr_owner;
CREATE TRIGGER upload_gone AFTER DELETE ON sites_upload FOR EACH ROW EXECUTE FUNCTION upload_gone();
REVOKE EXECUTE ON FUNCTION upload_gone() FROM webanizr_owner;
SET LOCAL row_security = off;
"""


class Migration(migrations.Migration):
    """The hosting service adds rows and can read none."""

    dependencies = [("sites", "0009_uploads"), ("privacy", "0004_protect_consent")]
    operations = [
        TenantTable(
            "upload",
            [
                Rule("app", "SELECT"),
                Rule("hosting", "INSERT"),
                Rule("worker", "SELECT, DELETE"),
                Rule("exporter", "SELECT"),
            ],
        ),
        migrations.RunSQL(GONE, "DROP TRIGGER upload_gone ON sites_upload"),
    ]
