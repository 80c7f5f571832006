"""Evidence for promise 03 on the public proof page (see `privacy.evidence`)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext_lazy as _

from privacy.evidence import Finding, witness

MINUTES = 15  # in which somebody who may no longer be mailed is taken off

ON_IT = """
SELECT count(*), count(*) FILTER (WHERE s.changed_at < %(before)s
    AND NOT EXISTS (SELECT FROM newsletter_audience a WHERE a.contact_id = s.contact_id))
FROM newsletters_syncstate s WHERE s.provider = %(provider)s AND s.there IN ('active', 'maybe')
"""


@witness(3, _("people on the mailing platform who may not be mailed, of %(people)s who are on it"))
def mailed_without_reason(now: datetime) -> Finding:
    """Compare who is on the platform with the one view that says who may be."""
    with connection.cursor() as cursor:
        before = now - timedelta(minutes=MINUTES)
        cursor.execute(ON_IT, {"provider": settings.MAILING_PLATFORM, "before": before})
        people, wrong = cursor.fetchone()
    return Finding(wrong, holds=wrong == 0, params={"people": people})
