"""Alarms: something that a person at Webanizr has to look at."""

import django.db.models.deletion
import django.utils.timezone
import uuid
from django.db import migrations, models
from webanizr.core.tenancy import AllowKeyChecks


class Migration(migrations.Migration):
    """The table; who may use it is in the next migration."""

    dependencies = [
        ("accounts", "0003_staff"),
        ("core", "0007_protect_eraser"),
    ]

    operations = [
        AllowKeyChecks(),
        migrations.CreateModel(
            name="Alarm",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("code", models.CharField(max_length=80)),
                ("object_id", models.UUIDField()),
                ("count", models.PositiveIntegerField(default=1)),
                ("first_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("last_at", models.DateTimeField(default=django.utils.timezone.now)),
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
                "constraints": [models.UniqueConstraint(fields=("account", "code", "object_id"), name="alarm_once")],
            },
        ),
    ]
