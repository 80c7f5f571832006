"""After a restored backup the eraser says again, for who had said it since, that an account is to be asked first."""

from django.db import migrations

from webanizr.core.tenancy import TENANT_RULE, ChangeRules, Rule

FORMER = Rule("eraser", "UPDATE", columns={"UPDATE": "changed_by"})


class Migration(migrations.Migration):
    """It can say so, and never the opposite for who hasn't chosen."""

    dependencies = [("privacy", "0016_ledger_of_objections")]
    operations = [
        ChangeRules(
            "privacy_consentsetting",
            [
                Rule("eraser", "UPDATE", columns={"UPDATE": "changed_by, never_implied"}),
                Rule("eraser", "INSERT", check=f"{TENANT_RULE} AND never_implied"),
            ],
            before=[FORMER],
        ),
    ]
