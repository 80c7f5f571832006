"""Intake in one call: the message, its files and the outbox row, planned once per connection instead of at each post."""

from django.db import migrations

from webanizr.core.tenancy import AllowKeyChecks

# SECURITY INVOKER: each INSERT is judged by the caller's own policies and grants. One call is one transaction.
MAKE = """
CREATE FUNCTION take_submission(in_account uuid, in_id uuid, in_site uuid, in_form uuid, in_key uuid, in_content bytea,
    received timestamptz, days integer, is_suspect boolean, in_task text) RETURNS void LANGUAGE plpgsql VOLATILE
    AS $$ BEGIN
        received := coalesce(received, clock_timestamp());
        PERFORM set_config('webanizr.account_id', in_account::text, true);
        INSERT INTO sites_submission
            (id, account_id, site_id, form_id, intake_key_id, content, received_at, expires_at, is_test, quarantined)
            VALUES (in_id, in_account, in_site, in_form, in_key, in_content, received,
                received + make_interval(days => days), false, is_suspect);
        INSERT INTO core_outbox (id, account_id, task, args, state, attempts, due_at, created_at, error)
            VALUES (gen_random_uuid(), in_account, in_task, jsonb_build_object('submission_id', in_id), 'pending', 0,
                received, received, '');
    END $$;
REVOKE ALL ON FUNCTION take_submission(uuid, uuid, uuid, uuid, uuid, bytea, timestamptz, integer, boolean, text)
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION take_submission(uuid, uuid, uuid, uuid, uuid, bytea, timestamptz, integer, boolean, text)
    TO webanizr_hosting;
"""
UNDO = "DROP FUNCTION take_submission(uuid, uuid, uuid, uuid, uuid, bytea, timestamptz, integer, boolean, text)"

# A message's form is one of its site, and a form's site is one of its account: one key says all three. Each key that is
# checked writes a lock on the row it points at, and busy forms share those rows.
ONE_KEY = """
ALTER TABLE sites_form ADD CONSTRAINT sites_form_of_site UNIQUE (account_id, site_id, id);
ALTER TABLE sites_submission ADD CONSTRAINT sites_submission_form_of_site_tenant_fk
    FOREIGN KEY (account_id, site_id, form_id) REFERENCES sites_form (account_id, site_id, id)
    DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE sites_submission DROP CONSTRAINT sites_submission_form_tenant_fk;
ALTER TABLE sites_submission DROP CONSTRAINT sites_submission_site_tenant_fk;
DO $$ DECLARE known text; BEGIN
    SELECT conname INTO STRICT known FROM pg_constraint
        WHERE conrelid = 'sites_submission'::regclass AND confrelid = 'accounts_account'::regclass;
    EXECUTE format('ALTER TABLE sites_submission DROP CONSTRAINT %I', known);
END $$;
"""


class Migration(migrations.Migration):
    """For the hosting service, and nobody else."""

    dependencies = [("sites", "0010_protect_uploads")]
    operations = [
        AllowKeyChecks(),
        migrations.RunSQL(MAKE, UNDO),
        migrations.RunSQL(ONE_KEY),
        migrations.RunSQL("SET LOCAL row_security = off"),
    ]
