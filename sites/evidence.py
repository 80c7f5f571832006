"""Evidence for promises 09 and 16 on the public proof page (see `privacy.evidence`)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _

from privacy.evidence import Finding, witness
from sites.models import Form, Submission
from webanizr.core import tenancy
from webanizr.core.tasks import tenant_ids

GRACE = timedelta(hours=2)  # between two runs of the job that deletes


@witness(9, _("messages older than the term of their form, of %(forms)s forms with a term"))
def past_their_term(now: datetime) -> Finding:
    """Count what should have been deleted; the job runs every hour, so an hour late is in time."""
    late = forms = 0
    for account_id in tenant_ids():
        with tenancy.tenant(account_id):
            forms += Form.objects.filter(deleted_at=None).count()
            late += Submission.objects.filter(expires_at__lt=now - GRACE).count()
    return Finding(late, holds=late == 0, params={"forms": forms})


@witness(16, _("of %(all)s messages are stored without being sealed with a key of their website"))
def unsealed(now: datetime) -> Finding:
    """Count what lies in the database so that who holds the disks could read it."""
    found = total = 0
    for account_id in tenant_ids():
        with tenancy.tenant(account_id):
            total += Submission.objects.count()
            found += Submission.objects.filter(intake_key=None).count()
    return Finding(found, holds=found == 0, params={"all": total})
