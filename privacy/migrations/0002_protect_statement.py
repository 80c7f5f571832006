"""Who may read and write the statement's versions and the proof page's figures: everybody may read them."""

from django.db import migrations

from webanizr.core.tenancy import ProtectTable, Rule

ANY = "true"


class Migration(migrations.Migration):
    """Row-level security of what is published."""

    dependencies = [("privacy", "0001_statement"), ("core", "0007_protect_eraser")]
    operations = [
        ProtectTable(
            "privacy_statementversion",
            [
                Rule("app", "SELECT", using=ANY),
                Rule("staff", "SELECT", using=ANY),
                Rule("worker", "SELECT, INSERT", using=ANY),
            ],
        ),
        ProtectTable("privacy_evidence", [Rule("app", "SELECT", using=ANY), Rule("worker", using=ANY)]),
    ]
