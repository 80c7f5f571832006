"""Evidence of this application itself, and what PostgreSQL's catalog and the settings say (see `privacy.evidence`)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connection
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from privacy.datamap import data_map
from privacy.evidence import Finding, witness
from privacy.models import AccessGrant, AccessLog, AccessSession, ErasureRequest, Event, Source
from webanizr.core import storage, tenancy
from webanizr.core.models import Outbox, Transfer
from webanizr.core.processors import REGISTRY
from webanizr.core.tasks import tenant_ids

COLLECTED = "sites_submission"


def _one(sql: str, *values: Any) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchone()[0]


@witness(2, _("account mails sent in 7 days, all by our own mail service"))
def account_mails(now: datetime) -> Finding:
    """Count mails that the outbox delivered; they know no opt-out and no mailing platform."""
    own = "amazon_ses" in settings.EMAIL_BACKEND or settings.LOCAL
    sent = 0
    for account_id in [tenancy.PLATFORM_ACCOUNT, *tenant_ids()]:
        with tenancy.tenant(account_id):
            sent += Outbox.objects.filter(
                task="webanizr.core.mail.deliver", state=Outbox.State.DONE, finished_at__gte=now - timedelta(days=7)
            ).count()
    return Finding(sent, holds=own)


@witness(6, _("parties outside, %(on)s switched on; %(sent)s transfers written down in 30 days"))
def parties_outside(now: datetime) -> Finding:
    """Count the processors, and what the one door wrote down."""
    data_map.load()
    known = set(REGISTRY)
    recent = Transfer.objects.filter(last_at__gte=now - timedelta(days=30))
    to = set(recent.values_list("processor", flat=True).distinct())
    on = sum(each.enabled for each in REGISTRY.values())
    return Finding(len(known), holds=to <= known, params={"on": on, "sent": recent.count()})


@witness(7, _("transfers in 30 days with a field that isn't declared, of %(sent)s to parties outside"))
def undeclared_fields(now: datetime) -> Finding:
    """Compare what was written down of each transfer with what its processor may get."""
    sent = strange = 0
    rows = Transfer.objects.filter(at__gte=now - timedelta(days=30), sent=True)
    for key, fields in rows.values_list("processor", "fields").iterator():
        processor = REGISTRY.get(key)
        allowed = {field.name for field in processor.fields} if processor else set()
        sent += 1
        strange += not set(fields) <= allowed
    return Finding(strange, holds=strange == 0, params={"sent": sent})


@witness(8, _("of %(all)s personal columns can be found and erased for one person"))
def columns_in_reach(now: datetime) -> Finding:
    """Count personal columns that a path of the data map leads to."""
    from privacy.paths import out_of_reach

    every = len(list(data_map.load().personal()))
    lost = len(list(out_of_reach()))
    return Finding(every - lost, holds=lost == 0, params={"all": every})


@witness(8, _("erasures finished in 30 days; %(open)s open, %(still)s stand still, %(late)s past the legal month"))
def erasures(now: datetime) -> Finding:
    """Count the erasures that ended, run, stand still, or take longer than the law allows."""
    recent = ErasureRequest.objects.filter(state="done", finished_at__gte=now - timedelta(days=30)).count()
    running = ErasureRequest.objects.filter(state__in=ErasureRequest.OPEN)
    late = running.filter(deadline__lt=now).count()
    still = running.filter(steps__state="blocked").distinct().count()
    return Finding(
        recent, holds=late == 0 and still == 0, params={"open": running.count(), "still": still, "late": late}
    )


@witness(10, _("rows of collected data that the staff service's login may read without consent"))
def staff_without_consent(now: datetime) -> Finding:
    """Ask the catalog whether the staff login may read submissions at all, and if so, that a rule asks for consent."""
    granted = bool(_one("SELECT has_table_privilege('webanizr_staff', %s, 'SELECT')", COLLECTED)) or bool(
        _one("SELECT has_any_column_privilege('webanizr_staff', %s, 'SELECT')", COLLECTED)
    )
    open_rules = _one(
        "SELECT count(*) FROM pg_policies WHERE tablename = %s AND roles = '{webanizr_staff}'"
        " AND (qual = 'true' OR qual IS NULL)",
        COLLECTED,
    )
    return Finding("0" if not granted or not open_rules else gettext("all"), holds=not (granted and open_rules))


@witness(12, _("of the %(all)s logins of the database may read what visitors sent, each for its owner only"))
def readers_of_collected(now: datetime) -> Finding:
    """Ask the catalog who may read submissions, and that each rule is bound to one account."""
    readers = _one(
        "SELECT count(DISTINCT rolname) FROM pg_roles WHERE rolname LIKE 'webanizr\\_%%' AND rolcanlogin"
        " AND has_table_privilege(oid, %s, 'SELECT') AND rolname <> 'webanizr_migrator'",
        COLLECTED,
    )
    every = _one("SELECT count(*) FROM pg_roles WHERE rolname LIKE 'webanizr\\_%%' AND rolcanlogin")
    unbound = _one(
        "SELECT count(*) FROM pg_policies WHERE tablename = %s AND cmd = 'SELECT'"
        " AND qual !~ 'current_account_id|scope|consent|access'"
        " AND EXISTS (SELECT FROM pg_roles r WHERE r.rolname = ANY(roles) AND r.rolcanlogin)",
        COLLECTED,
    )
    # the role that owns the gate's functions can't log in; it sees numbers and moments of rows, and no answers
    sees = _one("SELECT has_column_privilege('webanizr_definer', %s, 'content', 'SELECT')::int", COLLECTED)
    return Finding(readers, holds=unbound == 0 and sees == 0, params={"all": every})


@witness(10, _("times staff looked in 30 days, %(seen)s submissions read; each is in the customer's log"))
def looks_written_down(now: datetime) -> Finding:
    """Count look-ins, and see that each has its line in the log."""
    opened, seen, unwritten = 0, 0, 0
    since = now - timedelta(days=30)
    for account_id in tenant_ids():
        with tenancy.tenant(account_id):
            sessions = set(AccessSession.objects.filter(opened_at__gte=since).values_list("id", flat=True))
            lines = AccessLog.objects.filter(account_id=account_id, session_id__in=sessions)
            written = set(lines.filter(event=Event.OPENED).values_list("session_id", flat=True))
            opened, unwritten = opened + len(sessions), unwritten + len(sessions - written)
            seen += lines.filter(event=Event.VIEWED).count()
    return Finding(opened, holds=unwritten == 0, params={"seen": seen})


@witness(11, _("permissions read from a question in 30 days, each with the customer's own sentence"))
def quoted_permissions(now: datetime) -> Finding:
    """Count implied consent, and see that each quote is in what the customer wrote."""
    quoted, made_up = 0, 0
    for account_id in tenant_ids():
        with tenancy.tenant(account_id):
            grants = AccessGrant.objects.filter(source=Source.QUESTION, granted_at__gte=now - timedelta(days=30))
            for grant in grants.select_related("message"):
                quoted += 1
                made_up += grant.message is None or grant.message.by_staff or grant.quote not in grant.message.body
    return Finding(quoted, holds=made_up == 0)


@witness(13, _("of the %(all)s tables with personal data that the visitors' service may read, host names aside"))
def hosting_reads_nothing(now: datetime) -> Finding:
    """Ask the catalog which tables with personal columns the hosting login may read."""
    labels = {label for label, _name, _declaration in data_map.load().personal()}
    tables = sorted(apps.get_model(label)._meta.db_table for label in labels - {"sites.Domain"})
    read = _one("SELECT count(*) FROM unnest(%s) t WHERE has_table_privilege('webanizr_hosting', t, 'SELECT')", tables)
    return Finding(read, holds=read == 0, params={"all": len(tables)})


@witness(14, _("is where this copy of Webanizr keeps its files"))
def files_at_amazon(now: datetime) -> Finding | None:
    """See that files go to Amazon; a copy on somebody's own machine can't say anything about that."""
    return None if settings.AWS_S3_ENDPOINT_URL else Finding("S3", holds=True)


@witness(15, _("is the only region that any part accepts"))
def region(now: datetime) -> Finding:
    """Compare the setting with the region in the code."""
    return Finding(storage.REGION, holds=settings.AWS_REGION == storage.REGION == "eu-west-1")
