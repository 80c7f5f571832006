"""What the exporter may read more of one subscriber: why their address gets nothing."""

from django.db import migrations

from webanizr.core.tenancy import ChangeRules, Rule

OWN_KEY = "address_key = current_contact_key()"
AS_DEFINER = "SET LOCAL ROLE webanizr_definer; {}; SET LOCAL ROLE webanizr_owner;"


class Migration(migrations.Migration):
    """As the app's login sees it of an opened contact."""

    dependencies = [("newsletters", "0007_one_ledger")]
    operations = [
        migrations.RunSQL(
            AS_DEFINER.format("GRANT EXECUTE ON FUNCTION current_contact_key() TO webanizr_exporter"),
            AS_DEFINER.format("REVOKE EXECUTE ON FUNCTION current_contact_key() FROM webanizr_exporter"),
        ),
        ChangeRules("newsletters_suppression", [Rule("exporter", "SELECT", using=OWN_KEY)]),
    ]
