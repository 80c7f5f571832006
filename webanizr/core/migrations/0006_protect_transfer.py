"""Who may read and write the list of what was shared: a person their own rows, the services that send add to it."""

from django.db import migrations

from webanizr.core.tenancy import ProtectTable, Rule

ANY = "true"
COUNTED = {"UPDATE": "times, last_at, sent"}


class Migration(migrations.Migration):
    """Row-level security of the transfers."""

    dependencies = [("core", "0005_transfer")]
    operations = [
        ProtectTable(
            "core_transfer",
            [
                Rule("app", "SELECT", using="person_id = current_user_id()"),
                Rule("worker", "SELECT, INSERT", using=ANY),
                Rule("worker", "UPDATE", using=ANY, columns=COUNTED),
                Rule("worker", "DELETE", using="at < now() - interval '2 years'"),
                Rule("exporter", "SELECT, INSERT", using=ANY),
                Rule("exporter", "UPDATE", using=ANY, columns=COUNTED),
                Rule("eraser", "SELECT, INSERT, DELETE", using=ANY),
                Rule("eraser", "UPDATE", using=ANY, columns=COUNTED),
            ],
        ),
    ]
