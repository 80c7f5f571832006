"""The billing profile: asked when an account goes from free to paid, used for addressing invoices only."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.db import connection

from accounts.models import User
from accounts.services import audit
from billing import purpose
from billing.models import BillingProfile
from webanizr.core import tenancy

FIELDS = ("kind", "name", "street", "postcode", "city", "country", "vat_id", "kvk", "reference")


def next_number(sequence: str) -> int:
    """Return the next value of one of billing's sequences: customer and request numbers may have gaps."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(%s)", [sequence])
        return int(cursor.fetchone()[0])


def save_profile(*, account_id: uuid.UUID, values: dict[str, Any], actor: User, now: datetime) -> BillingProfile:
    """Store what `billing.forms.ProfileForm` has cleaned, keyed as FIELDS; a new VAT id is unchecked."""
    with purpose.tenant(account_id, user_id=actor.pk):
        profile = BillingProfile.objects.select_for_update().filter(account_id=account_id).first()
        if profile is None:
            profile = BillingProfile(customer_no=next_number("billing_customer_no"))
        if profile.vat_id != values.get("vat_id", "") or profile.country != values["country"]:
            profile.vat_check = BillingProfile.VatCheck.UNKNOWN
            profile.vat_checked_at, profile.vat_check_reference = None, ""
        for name in FIELDS:
            setattr(profile, name, values.get(name, ""))
        profile.changed_at = now
        profile.save()
        audit.record("billing.profile_saved", actor_id=actor.pk, target_id=profile.id)
    return profile


def record_vat_check(*, account_id: uuid.UUID, outcome: str, reference: str, actor: User, now: datetime) -> None:
    """Note what the tax authorities' own page (VIES) said of a customer's VAT id; billing staff look it up by hand.

    Asking them from here would give the id to somebody whom the privacy statement doesn't name.
    Args: outcome: of BillingProfile.VatCheck; reference: the consultation number.
    """
    with (
        tenancy.tenant(account_id, user_id=actor.pk),
        purpose.billing(),
    ):
        changed = BillingProfile.objects.filter(account_id=account_id).update(
            vat_check=outcome, vat_checked_at=now, vat_check_reference=reference[:40]
        )
        if changed:
            audit.record("billing.vat_id_checked", actor_id=actor.pk)
