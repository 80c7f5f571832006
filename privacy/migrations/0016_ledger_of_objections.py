"""After a restored backup the eraser says no to a processor again, for who had said it since."""

from django.db import migrations

from webanizr.core.tenancy import ChangeRules, Rule


class Migration(migrations.Migration):
    """In the person's own context, one at a time."""

    dependencies = [("privacy", "0015_dutch_days"), ("core", "0011_protect_mail_events")]
    operations = [
        ChangeRules("core_objection", [Rule("eraser", "INSERT", using="person_id = current_user_id()")]),
    ]
