"""Unsubscribes are lines of the one ledger (privacy.erasure.ledger), which the eraser follows after a restored backup."""

from django.db import migrations

from webanizr.core.tenancy import ChangeRules, Rule

ANY = "true"


class Migration(migrations.Migration):
    """The eraser may say no for somebody again, and nothing else."""

    dependencies = [("newsletters", "0006_protect_export")]
    operations = [
        migrations.DeleteModel(name="StopPosition"),
        ChangeRules(
            "newsletters_consent",
            [Rule("eraser", "INSERT", using="action = 'withdrawn' AND source = 'restored'")],
        ),
        ChangeRules("newsletters_contact", [Rule("eraser", "UPDATE", using=ANY, columns={"UPDATE": "paused_until"})]),
        ChangeRules(
            "newsletters_syncstate",
            [Rule("eraser", "UPDATE", using=ANY, columns={"UPDATE": "state, desired, attempts, due_at"})],
        ),
    ]
