"""Who may read and write what was done about erasures, extend a term, and mail staff when time runs out."""

from django.db import migrations

from webanizr.core.tenancy import ChangeRules, ProtectTable, Rule

ANY = "true"
BY_STAFF = "actor_id = current_user_id() AND kind IN ('retried', 'extended')"


class Migration(migrations.Migration):
    """Nobody changes or removes a line, but the eraser when the request has had its time."""

    dependencies = [("privacy", "0010_erasure_events"), ("accounts", "0004_staff_keys")]
    operations = [
        migrations.RunSQL(
            # nothing to validate in a new table
            """ALTER TABLE privacy_erasureevent ADD CONSTRAINT erasure_event_of_request FOREIGN KEY (request_id)
            REFERENCES privacy_erasurerequest (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED NOT VALID""",
            "ALTER TABLE privacy_erasureevent DROP CONSTRAINT erasure_event_of_request",
        ),
        ProtectTable(
            "privacy_erasureevent",
            [
                Rule("app", "SELECT", using="request_id = current_erasure_id()"),
                Rule("staff", "SELECT", using=ANY),
                Rule("staff", "INSERT", check=BY_STAFF),
                Rule("worker", "SELECT, INSERT", using=ANY),
                Rule("eraser", using=ANY, columns={"UPDATE": "actor_id"}),
            ],
        ),
        # a longer term (article 12.3 GDPR)
        ChangeRules("privacy_erasurerequest", [Rule("staff", "UPDATE", using=ANY, columns={"UPDATE": "deadline"})]),
        # whom to mail when time runs out
        ChangeRules(
            "accounts_staffmember", [Rule("worker", "SELECT", using=ANY, columns={"SELECT": "id, user_id, active"})]
        ),
    ]
