"""The thirty days before a change of processors are counted in Dutch days, as everywhere else: not in UTC's."""

from django.db import migrations

MAKE = """
SET LOCAL ROLE webanizr_definer;
CREATE OR REPLACE FUNCTION announce_processor_change(who text, what text, in_dutch text, in_english text, from_day date)
    RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
    DECLARE made uuid := gen_random_uuid();
    BEGIN
        IF from_day < (clock_timestamp() AT TIME ZONE 'Europe/Amsterdam')::date + 30 THEN
            RAISE EXCEPTION 'a change is announced 30 days beforehand' USING ERRCODE = 'WZ010';
        END IF;
        INSERT INTO privacy_processorchange (id, party, kind, summary_nl, summary_en, announced_at, effective_on)
        VALUES (made, who, what, in_dutch, in_english, clock_timestamp(), from_day);
        PERFORM consent_notice('00000000-0000-0000-0000-000000000000', 'privacy.announcements.fan_out', 'change_id', made);
        RETURN made;
    END $$;
SET LOCAL ROLE webanizr_owner;
"""


class Migration(migrations.Migration):
    """Only its date changes; who may call it stays."""

    dependencies = [("privacy", "0014_ledger_of_withdrawals")]
    operations = [migrations.RunSQL(MAKE, migrations.RunSQL.noop)]
