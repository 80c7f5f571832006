"""The billing team sees which reminders went; money goes back of a purchase that came to nothing."""

from django.db import migrations, models

from webanizr.core.tenancy import ChangeRules, Rule


class Migration(migrations.Migration):
    """One rule of the staff's login, and one more reason."""

    dependencies = [("billing", "0009_protect_export")]
    operations = [
        ChangeRules("billing_reminder", [Rule("staff", "SELECT", using="billing_desk()")]),
        migrations.AlterField(
            model_name="refund",
            name="reason",
            field=models.CharField(
                choices=[
                    ("overpaid", "Overpaid"),
                    ("duplicate", "Duplicate"),
                    ("credit", "Credit"),
                    ("withdrawal", "Withdrawal"),
                    ("not_sold", "Not Sold"),
                ],
                max_length=10,
            ),
        ),
    ]
