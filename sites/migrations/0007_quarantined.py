"""An index for the few that wait in quarantine: counted and listed on every page of the inbox."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_staff"),
        ("sites", "0006_protect_search"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="submission",
            index=models.Index(
                condition=models.Q(("deleted_at", None), ("quarantined", True)),
                fields=["account", "-received_at"],
                name="submission_quarantined",
            ),
        ),
    ]
