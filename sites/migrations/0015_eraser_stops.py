"""The eraser takes a website off the air before it erases it."""

from django.db import migrations

from webanizr.core.tenancy import ChangeRules, Rule


class Migration(migrations.Migration):
    """Which version is shown, and nothing else; in the account's own context."""

    dependencies = [("sites", "0014_held_version")]
    operations = [
        ChangeRules("sites_domain", [Rule("eraser", "UPDATE", columns={"UPDATE": "version_id, held_version_id"})]),
    ]
