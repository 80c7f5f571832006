"""What submissions can be found by: keyed hashes of their words, addresses and numbers."""

import django.db.models.deletion
import uuid
import webanizr.core.models
from django.db import migrations, models
from webanizr.core.tenancy import AllowKeyChecks


class Migration(migrations.Migration):
    """The table; who may use it is in the next migration."""

    dependencies = [
        ("accounts", "0003_staff"),
        ("sites", "0004_protect_keys"),
    ]

    operations = [
        AllowKeyChecks(),
        migrations.CreateModel(
            name="SearchEntry",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("token", models.BinaryField()),
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
                    "submission",
                    webanizr.core.models.TenantForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="sites.submission",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["account", "token", "submission"], name="searchentry_term"),
                    models.Index(fields=["account", "submission"], name="searchentry_of_submission"),
                ],
            },
        ),
    ]
