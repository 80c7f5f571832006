"""Who may read and write the builder's tables: the hosting service adds submissions and can't read one (promise 13)."""

from django.db import migrations

from webanizr.core.tenancy import ProtectTable, Rule, TenantTable

ANY = "true"


class Migration(migrations.Migration):
    """Row-level security of sites, pages, forms, submissions, files and versions."""

    dependencies = [("sites", "0001_initial"), ("core", "0003_protect")]
    operations = [
        TenantTable(
            "site", [Rule("app"), Rule("worker"), Rule("exporter", "SELECT"), Rule("staff", "SELECT", using=ANY)]
        ),
        TenantTable("page", [Rule("app"), Rule("worker")]),
        TenantTable("form", [Rule("app"), Rule("worker"), Rule("exporter", "SELECT")]),
        TenantTable("asset", [Rule("app"), Rule("worker")]),
        TenantTable("redirect", [Rule("app"), Rule("worker", "SELECT, DELETE")]),
        # no login may change what was published
        TenantTable("siteversion", [Rule("app", "SELECT, INSERT"), Rule("worker", "SELECT, INSERT, DELETE")]),
        TenantTable(
            "submission",
            [
                Rule("app", "SELECT, DELETE"),
                Rule("app", "UPDATE", columns={"UPDATE": "read_at, deleted_at, quarantined"}),
                Rule("hosting", "INSERT"),
                Rule("worker", "SELECT, DELETE"),
                Rule("exporter", "SELECT"),
            ],
        ),
        ProtectTable(
            "sites_domain",
            [
                Rule("app"),
                Rule("worker"),
                Rule("hosting", "SELECT", using=ANY),
                Rule("staff", "SELECT", using=ANY),
            ],
        ),
    ]
