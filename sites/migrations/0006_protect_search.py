"""Who may read and write what submissions can be found by: the worker makes it, the customer's services ask it."""

from django.db import migrations

from webanizr.core.tenancy import Rule, TenantTable


class Migration(migrations.Migration):
    """Row-level security of the search entries. The database deletes them with their submission."""

    dependencies = [("sites", "0005_search")]
    operations = [
        TenantTable(
            "searchentry",
            [Rule("app", "SELECT"), Rule("worker", "SELECT, INSERT, DELETE"), Rule("exporter", "SELECT")],
        ),
    ]
