"""Who may read and write the tables of Django and allauth. A table that nobody lists here is closed to every login."""

from django.db import migrations

from webanizr.core.tenancy import ProtectTable, Rule

ANY = "true"
OWN = "user_id = current_user_id()"
ALL = "SELECT, INSERT, UPDATE, DELETE"


def catalogue(table: str, *readers: str) -> ProtectTable:
    """One of Django's own catalogues: nothing about people or accounts, written by `migrate`, read by services."""
    return ProtectTable(table, [Rule(reader, "SELECT", using=ANY) for reader in readers], forced=False)


class Migration(migrations.Migration):
    """Row-level security of the tables that other people's packages made."""

    dependencies = [
        ("core", "0003_protect"),
        ("account", "0009_emailaddress_unique_primary_email"),
        ("mfa", "0003_authenticator_type_uniq"),
        ("admin", "0003_logentry_add_action_flag_choices"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("sessions", "0001_initial"),
    ]
    operations = [
        catalogue("django_migrations", "app", "hosting", "staff", "worker", "exporter", "eraser"),
        catalogue("django_content_type", "app", "staff", "worker"),
        catalogue("auth_permission", "staff"),
        catalogue("auth_group"),
        catalogue("auth_group_permissions"),
        ProtectTable("django_admin_log", [Rule("staff", "SELECT, INSERT", using=ANY)]),
        ProtectTable("django_session", [Rule("app", ALL, using=ANY)]),
        ProtectTable(
            "account_emailaddress",
            [
                # looked up and confirmed before anybody is signed in
                Rule("app", "SELECT, INSERT, UPDATE", using=ANY),
                Rule("app", "DELETE", using=OWN),
                Rule("staff", "SELECT", using=ANY),
            ],
        ),
        ProtectTable("account_emailconfirmation", [Rule("app", ALL, using=ANY)]),
        ProtectTable(
            "mfa_authenticator",
            [
                # a passkey identifies its owner, so it is read and its counter written before anybody is signed in
                Rule("app", "SELECT, UPDATE", using=ANY),
                Rule("app", "INSERT, DELETE", using=OWN),
                Rule("staff", "SELECT, UPDATE", using=ANY),
            ],
        ),
    ]
