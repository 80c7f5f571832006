"""Staff let a subscriber who asked by mail or phone have the link with which they erase themselves, and learn nothing."""

from django.db import migrations

MAKE = """
SET LOCAL row_security = on;
SET LOCAL ROLE webanizr_definer;
-- The answer is the same whether somebody has this address or not.
CREATE FUNCTION newsletter_mail_erase_link(wanted bytea) RETURNS void
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
    INSERT INTO core_outbox (id, account_id, task, args, state, attempts, due_at, created_at, error)
    SELECT gen_random_uuid(), '00000000-0000-0000-0000-000000000000', 'newsletters.tasks.mail_erase_link',
        jsonb_build_object('contact_id', id), 'pending', 0, clock_timestamp(), clock_timestamp(), ''
    FROM newsletters_contact WHERE address_key = wanted
    $$;
REVOKE ALL ON FUNCTION newsletter_mail_erase_link(bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION newsletter_mail_erase_link(bytea) TO webanizr_staff;
SET LOCAL ROLE webanizr_owner;
SET LOCAL row_security = off;
"""
UNDO = """
SET LOCAL ROLE webanizr_definer;
DROP FUNCTION newsletter_mail_erase_link(bytea);
SET LOCAL ROLE webanizr_owner;
"""


class Migration(migrations.Migration):
    """The link goes to the address itself, so whoever asks needs no other proof of who they are."""

    dependencies = [("newsletters", "0004_entitled"), ("privacy", "0004_protect_consent")]
    operations = [migrations.RunSQL(MAKE, UNDO)]
