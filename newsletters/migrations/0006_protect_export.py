"""What the exporter may read of one subscriber, for who asks for all of their data (articles 15 and 20 GDPR)."""

from django.db import migrations

from webanizr.core.tenancy import ChangeRules, Rule

OWN = "contact_id = current_contact_id()"
FIND = "newsletter_contact_id(bytea)"
AS_DEFINER = "SET LOCAL ROLE webanizr_definer; {}; SET LOCAL ROLE webanizr_owner;"


class Migration(migrations.Migration):
    """The same rows that the app's login sees of an opened contact."""

    dependencies = [("newsletters", "0005_erase_link")]
    operations = [
        migrations.RunSQL(
            AS_DEFINER.format(f"GRANT EXECUTE ON FUNCTION {FIND} TO webanizr_exporter"),
            AS_DEFINER.format(f"REVOKE EXECUTE ON FUNCTION {FIND} FROM webanizr_exporter"),
        ),
        ChangeRules("newsletters_contact", [Rule("exporter", "SELECT", using="id = current_contact_id()")]),
        ChangeRules("newsletters_consent", [Rule("exporter", "SELECT", using=OWN)]),
        ChangeRules("newsletters_syncstate", [Rule("exporter", "SELECT", using=OWN)]),
    ]
