"""Key pairs of sites, intake keys, and the column that says under which one a submission was sealed."""

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import webanizr.core.models
from webanizr.core.tenancy import AllowKeyChecks

ACCOUNT = models.ForeignKey(
    db_index=False,
    editable=False,
    on_delete=django.db.models.deletion.CASCADE,
    related_name="+",
    to="accounts.account",
)


def to(model, related_name="+", on_delete=django.db.models.deletion.CASCADE, **kwargs):
    """Return a foreign key between tenant tables."""
    return webanizr.core.models.TenantForeignKey(
        db_constraint=False, on_delete=on_delete, related_name=related_name, to=model, **kwargs
    )


class Migration(migrations.Migration):
    """The tables; who may read and write them is in the next migration."""

    dependencies = [("accounts", "0003_staff"), ("sites", "0002_protect")]
    operations = [
        AllowKeyChecks(),
        migrations.CreateModel(
            name="SiteKey",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("account", ACCOUNT),
                ("site", to("sites.site", "keys")),
                ("public_key", models.BinaryField()),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("retired_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [models.Index(fields=["account", "site", "-created_at"], name="sitekey_recent")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("retired_at", None)), fields=("account", "site"), name="sitekey_one_current"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="IntakeKey",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("account", ACCOUNT.clone()),
                ("site", to("sites.site")),
                ("pair", to("sites.sitekey", on_delete=django.db.models.deletion.RESTRICT)),
                ("sealed", models.BinaryField()),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["account", "site"], name="intakekey_of_site"),
                    models.Index(fields=["account", "pair"], name="intakekey_of_pair"),
                ],
            },
        ),
        migrations.AddField(
            "submission",
            "intake_key",
            to("sites.intakekey", on_delete=django.db.models.deletion.RESTRICT, null=True),
        ),
        migrations.AddIndex(
            "submission", models.Index(fields=["account", "intake_key"], name="submission_of_intake_key")
        ),
    ]
