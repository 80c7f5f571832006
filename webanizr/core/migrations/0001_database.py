"""The functions that row-level security compares with. Roles are made by `manage.py provision` (webanizr.core.roles)."""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION current_account_id() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT nullif(current_setting('webanizr.account_id', true), '')::uuid $$;
CREATE FUNCTION current_user_id() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT nullif(current_setting('webanizr.user_id', true), '')::uuid $$;
"""

# After a transaction's SET LOCAL the setting is '' and not NULL: hence nullif.


class Migration(migrations.Migration):
    """Runs before every other migration of ours."""

    dependencies = []
    operations = [
        migrations.RunSQL(FUNCTIONS, "DROP FUNCTION current_user_id(); DROP FUNCTION current_account_id();"),
    ]
