"""Files that visitors send, and how large a one the hosting service may take."""

import django.db.models.deletion
import django.utils.timezone
import uuid
import webanizr.core.models
from django.db import migrations, models
from webanizr.core.tenancy import AllowKeyChecks


class Migration(migrations.Migration):
    """The table; who may use it is in the next migration."""

    dependencies = [
        ("accounts", "0003_staff"),
        ("sites", "0008_index_changes"),
    ]

    operations = [
        AllowKeyChecks(),
        migrations.AddField(
            model_name="domain",
            name="upload_bytes",
            field=models.PositiveBigIntegerField(default=5242880),
        ),
        migrations.CreateModel(
            name="Upload",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("size", models.PositiveBigIntegerField()),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
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
                (
                    "intake_key",
                    webanizr.core.models.TenantForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="sites.intakekey",
                    ),
                ),
                (
                    "site",
                    webanizr.core.models.TenantForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="sites.site",
                    ),
                ),
                (
                    "submission",
                    webanizr.core.models.TenantForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="uploads",
                        to="sites.submission",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["account", "submission"], name="upload_of_submission"),
                    models.Index(fields=["account", "intake_key"], name="upload_of_key"),
                    models.Index(fields=["account", "site"], name="upload_of_site"),
                ],
            },
        ),
    ]
