"""The accepted processing agreement, and announced changes of processors, which only a deployment writes (promise 09)."""

import django.db.models.deletion
import django.utils.timezone
import uuid
from django.db import migrations, models

from webanizr.core.tenancy import AllowKeyChecks, ProtectTable, Rule, TenantTable

TENANT = "account_id = current_account_id()"
ANY = "true"

# Thirty days beforehand, or not at all; every account's owners are mailed from here.
ANNOUNCE = """
SET LOCAL ROLE webanizr_definer;
CREATE FUNCTION announce_processor_change(who text, what text, in_dutch text, in_english text, from_day date)
    RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
    DECLARE made uuid := gen_random_uuid();
    BEGIN
        IF from_day < (clock_timestamp() + interval '30 days')::date THEN
            RAISE EXCEPTION 'a change is announced 30 days beforehand' USING ERRCODE = 'WZ010';
        END IF;
        INSERT INTO privacy_processorchange (id, party, kind, summary_nl, summary_en, announced_at, effective_on)
        VALUES (made, who, what, in_dutch, in_english, clock_timestamp(), from_day);
        PERFORM consent_notice('00000000-0000-0000-0000-000000000000', 'privacy.announcements.fan_out', 'change_id', made);
        RETURN made;
    END $$;
REVOKE ALL ON FUNCTION announce_processor_change(text, text, text, text, date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION announce_processor_change(text, text, text, text, date) TO webanizr_owner;
SET LOCAL ROLE webanizr_owner;
"""


class Migration(migrations.Migration):
    """Acceptances belong to an account; announcements to everybody."""

    dependencies = [
        ("accounts", "0004_staff_keys"),
        ("privacy", "0005_gate"),
    ]

    operations = [
        AllowKeyChecks(),
        migrations.CreateModel(
            name="ProcessorChange",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("party", models.CharField(max_length=80)),
                (
                    "kind",
                    models.CharField(
                        choices=[("added", "New"), ("changed", "Changed"), ("removed", "Stops")], max_length=7
                    ),
                ),
                ("summary_nl", models.CharField(max_length=500)),
                ("summary_en", models.CharField(max_length=500)),
                ("announced_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("effective_on", models.DateField()),
            ],
            options={
                "indexes": [models.Index(fields=["-effective_on"], name="processor_change_recent")],
            },
        ),
        migrations.CreateModel(
            name="AgreementAcceptance",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("version", models.CharField(max_length=10)),
                ("language", models.CharField(max_length=5)),
                ("fingerprint", models.BinaryField()),
                ("customer", models.CharField(max_length=80)),
                ("accepted_by", models.UUIDField()),
                ("accepted_name", models.CharField(max_length=80)),
                ("accepted_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.account",
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("account", "version"), name="agreement_version_once")],
            },
        ),
        TenantTable(
            "agreementacceptance",
            [
                Rule("app", "SELECT"),
                Rule("app", "INSERT", check=f"{TENANT} AND accepted_by = current_user_id() AND may_consent()"),
                Rule("staff", "SELECT", using=ANY),
                Rule("worker", "SELECT, DELETE"),
            ],
        ),
        ProtectTable(
            "privacy_processorchange",
            [
                Rule("app", "SELECT", using=ANY),
                Rule("worker", "SELECT", using=ANY),
                Rule("staff", "SELECT", using=ANY),
                Rule("definer", "SELECT, INSERT", using=ANY),
            ],
        ),
        migrations.RunSQL(
            ANNOUNCE,
            "SET LOCAL ROLE webanizr_definer; DROP FUNCTION announce_processor_change(text, text, text, text, date);"
            "SET LOCAL ROLE webanizr_owner;",
        ),
    ]
