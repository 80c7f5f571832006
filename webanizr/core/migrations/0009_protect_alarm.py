"""Who may ring an alarm and who sees it: whoever opens what is sealed, and staff."""

from django.db import migrations

from webanizr.core.tenancy import Rule, TenantTable

ANY = "true"
AGAIN = {"UPDATE": "count, last_at"}


class Migration(migrations.Migration):
    """Row-level security of the alarms."""

    dependencies = [("core", "0008_alarm")]
    operations = [
        TenantTable(
            "alarm",
            [
                Rule("app", "SELECT, INSERT"),
                Rule("app", "UPDATE", columns=AGAIN),
                Rule("worker", "SELECT, INSERT, DELETE"),
                Rule("worker", "UPDATE", columns=AGAIN),
                Rule("exporter", "SELECT, INSERT"),
                Rule("exporter", "UPDATE", columns=AGAIN),
                Rule("staff", "SELECT", using=ANY),
            ],
        ),
    ]
