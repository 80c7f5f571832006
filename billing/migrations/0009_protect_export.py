"""What the exporter may read of an account's own payments, for who asks for all of their data (promise 12)."""

from django.db import migrations

from webanizr.core.tenancy import ChangeRules, Rule

OWN = "customer_id = current_account_id()"


class Migration(migrations.Migration):
    """Rules of one login."""

    dependencies = [("billing", "0008_follow_payments")]
    operations = [
        ChangeRules(table, [Rule("exporter", "SELECT", using=OWN)])
        for table in ("billing_paymentreference", "billing_allocation", "billing_refund")
    ]
