"""What a website showed before its plan became too small for it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """One column."""

    dependencies = [("sites", "0013_corrections")]
    operations = [
        migrations.AddField(
            model_name="domain",
            name="held_version_id",
            field=models.UUIDField(null=True),
        )
    ]
