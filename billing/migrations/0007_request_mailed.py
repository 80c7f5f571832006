"""A payment request is mailed with its PDF once the worker has made it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """One column."""

    dependencies = [("billing", "0006_numbers_by_trigger")]
    operations = [
        migrations.AddField(
            model_name="paymentrequest",
            name="mailed_at",
            field=models.DateTimeField(null=True),
        )
    ]
