"""Evidence for promise 01 on the public proof page (see `privacy.evidence`)."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from accounts import checks
from accounts.forms import SignupForm
from accounts.models import User
from privacy.evidence import Finding, witness


@witness(1, _("questions in the sign-up form, %(columns)s columns about a person in the database"))
def asked_at_sign_up(now: datetime) -> Finding:
    """Count the form's fields and the person's columns."""
    columns = [each.name for each in User._meta.local_concrete_fields if each.name != "id"]
    asked = set(SignupForm.base_fields) - {"username"}  # which allauth declares and takes out again
    return Finding(len(asked), holds=not checks.only_name_and_address(None), params={"columns": len(columns)})
