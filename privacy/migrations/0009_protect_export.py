"""What the exporter may read for somebody who asks for all of their data: theirs, and their account's."""

from django.db import migrations

from webanizr.core.tenancy import ProtectTable, Rule

OWN = "user_id = current_user_id()"
ACCOUNT = "account_id = current_account_id()"

RULES = [
    ("accounts_user", "id = current_user_id()"),
    ("account_emailaddress", OWN),
    ("accounts_signin", OWN),
    ("accounts_invitation", ACCOUNT),
    ("accounts_apitoken", ACCOUNT),
    ("accounts_auditevent", ACCOUNT),
    ("sites_domain", ACCOUNT),
    ("sites_page", ACCOUNT),
    ("sites_asset", ACCOUNT),
    ("sites_siteversion", ACCOUNT),
    ("sites_redirect", ACCOUNT),
    ("privacy_accessgrant", ACCOUNT),
    ("privacy_agreementacceptance", ACCOUNT),
    ("privacy_accessrequest", ACCOUNT),
    ("privacy_consentsetting", ACCOUNT),
    ("privacy_supportmessage", ACCOUNT),
    ("privacy_supportquestion", ACCOUNT),
]


class Migration(migrations.Migration):
    """Rules of one login for tables of several applications."""

    dependencies = [("privacy", "0008_protect_erasure"), ("sites", "0007_quarantined"), ("accounts", "0003_staff")]
    operations = [ProtectTable(table, [Rule("exporter", "SELECT", using=using)]) for table, using in RULES]
