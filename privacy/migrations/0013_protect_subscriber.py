"""Somebody without an account asks to be erased from the newsletter: the app stores that for the contact in scope."""

from django.db import migrations

from webanizr.core.tenancy import ChangeRules, Rule

ONE = "current_erasure_id()"
# `newsletters.scope` sets it: the app's login opens one contact at a time.
CONTACT = "scope = 'subscriber' AND subject_id::text = current_setting('webanizr.contact_id', true)"
BEFORE = f"requested_by = current_user_id() OR account_ref = current_account_id() OR id = {ONE}"
OURS = f"{BEFORE} OR ({CONTACT})"


class Migration(migrations.Migration):
    """The app may ask for, and see, the erasure of the contact that it has opened."""

    dependencies = [("privacy", "0012_files_in_scope")]
    operations = [
        ChangeRules(
            "privacy_erasurerequest",
            [
                Rule("app", "SELECT", using=OURS),
                Rule("app", "INSERT", using=f"requested_by = current_user_id() OR ({CONTACT})"),
            ],
            before=[
                Rule("app", "SELECT", using=BEFORE),
                Rule("app", "INSERT", using="requested_by = current_user_id()"),
            ],
        )
    ]
