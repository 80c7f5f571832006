"""The data map of what all applications share: outbox, mail, transfers, sessions, what is published (core, Django)."""

from django.utils.translation import gettext_lazy as _

from privacy.datamap import (
    ELSEWHERE,
    KEY,
    LINK,
    MOMENT,
    PASSING,
    SECRET,
    STATE,
    UNREADABLE,
    Basis,
    Erase,
    NotPersonal,
    Path,
    Personal,
    Scope,
    Subject,
    Term,
    place,
    table,
)

CATALOGUE = NotPersonal(_("Part of the software's own list of tables and rights"))
IDS = NotPersonal(_("Numbers of rows only; what they point at is declared there"))

table(
    "core.Outbox",
    Term("finished_at", days=7, only={"state": "done"}, by="webanizr.core.tasks.sweep"),
    id=KEY,
    account=LINK,
    task=STATE,
    args=IDS,
    state=STATE,
    attempts=STATE,
    due_at=STATE,
    leased_until=STATE,
    created_at=MOMENT,
    finished_at=MOMENT,
    error=NotPersonal(_("The kind of error, without what was being processed")),
)
table(
    "core.Job",
    Path(Scope.USER, "created_by", unlink=True),
    Path(Scope.SUBSCRIBER, "created_by"),  # what a subscriber of the newsletter asked for
    Term("expires_at", objects="result_key"),
    Term("created_at", days=30),
    id=KEY,
    account=LINK,
    kind=STATE,
    params=IDS,
    state=STATE,
    done=STATE,
    total=STATE,
    message=STATE,
    result_key=LINK,
    result_bytes=STATE,
    created_by=LINK,
    created_at=MOMENT,
    finished_at=MOMENT,
    expires_at=MOMENT,
)
table("core.Alarm", id=KEY, account=LINK, code=STATE, object_id=LINK, count=STATE, first_at=MOMENT, last_at=MOMENT)
table(
    "core.Mail",
    id=KEY,
    account=LINK,
    template=STATE,
    language=STATE,
    sealed=Personal(
        subject=Subject.ACCOUNT_HOLDER,
        purpose=_("Sending you a mail about your account: your address and the mail's words, sealed"),
        basis=Basis.CONTRACT,
        retention=_("Until the mail has been sent, usually within a second"),
        what=_("A mail that waits to be sent"),
        exported=False,
        withheld=PASSING,
    ),
    created_at=MOMENT,
    attempted_at=MOMENT,
)
table(
    "core.MailEvent",
    Term("at", days=30),
    id=KEY,
    account=LINK,
    event_key=NotPersonal(_("A hash that tells one report from another")),
    kind=STATE,
    sealed=Personal(
        subject=Subject.ACCOUNT_HOLDER,
        purpose=_("Noticing that mail to you doesn't arrive: your address, sealed"),
        basis=Basis.LEGITIMATE_INTEREST,
        retention=_("Until the report was handled, usually within a second"),
        exported=False,
        withheld=PASSING,
        erase=Erase.EXPIRES,
    ),
    at=MOMENT,
)
BOUNCED = Personal(
    subject=Subject.ACCOUNT_HOLDER,
    purpose=_("Sending nothing to an address that doesn't exist: a hash of it under our key"),
    basis=Basis.LEGITIMATE_INTEREST,
    retention=_("A year"),
    exported=False,
    withheld=UNREADABLE,
    erase=Erase.EXPIRES,
)
table(
    "core.MailStop",
    Term("last_at", days=365),
    id=KEY,
    address_hash=BOUNCED,
    hard_bounces=BOUNCED,
    stopped=BOUNCED,
    last_at=MOMENT,
)
REFUSED = Personal(
    subject=Subject.ACCOUNT_HOLDER,
    purpose=_("Keeping to your no: you don't want to be counted in the statistics"),
    basis=Basis.LEGAL_OBLIGATION,
    retention=_("As long as you have an account"),
)
table(
    "core.Objection",
    Path(Scope.USER, "person_id"),
    id=KEY,
    person_id=REFUSED,
    processor=REFUSED,
    at=MOMENT,
)

SHARED = Personal(
    subject=Subject.ACCOUNT_HOLDER,
    purpose=_("Showing you which of your data went to which system outside, when and why"),
    basis=Basis.LEGAL_OBLIGATION,
    retention=_("Two years"),
    what=_("What was sent to systems outside"),
)
table(
    "core.Transfer",
    Path(Scope.USER, "person_id"),
    Path(Scope.SUBSCRIBER, "person_id"),
    Term("at", days=730),
    id=KEY,
    person_id=SHARED,
    processor=SHARED,
    purpose=SHARED,
    fields=SHARED,
    at=SHARED,
    last_at=SHARED,
    times=SHARED,
    sent=SHARED,
)

# --- what is published about all of this: the statement's versions and the proof page's figures
PUBLIC = NotPersonal(_("Published for everybody to read"))
table("privacy.StatementVersion", number=PUBLIC, digest=PUBLIC, content=PUBLIC, published_at=MOMENT)
table("privacy.Evidence", promise=PUBLIC, key=PUBLIC, value=PUBLIC, params=PUBLIC, holds=PUBLIC, at=MOMENT)

# --- Django's own
table("auth.Permission", id=KEY, name=CATALOGUE, content_type=CATALOGUE, codename=CATALOGUE)
table("auth.Group", id=KEY, name=CATALOGUE)
table("auth.Group_permissions", id=KEY, group=CATALOGUE, permission=CATALOGUE)
table("contenttypes.ContentType", id=KEY, app_label=CATALOGUE, model=CATALOGUE)
SESSION = Personal(
    subject=Subject.ACCOUNT_HOLDER,
    purpose=_("Keeping you signed in"),
    basis=Basis.CONTRACT,
    retention=_("Until you sign out, 30 days at most"),
    exported=False,
    withheld=SECRET,
    what=_("Session"),
)
table(
    "sessions.Session",
    Path(Scope.USER, "session_key", through=("accounts.SignIn", "session_key")),
    Term("expire_date"),
    session_key=SESSION,
    session_data=SESSION,
    expire_date=MOMENT,
)
STAFF_ACT = Personal(
    subject=Subject.STAFF,
    purpose=_("Seeing afterwards which member of staff changed something"),
    basis=Basis.LEGITIMATE_INTEREST,
    retention=_("Two years"),
    exported=False,
    what=_("Changes by staff"),
)
table(
    "admin.LogEntry",
    Term("action_time", days=730),
    id=KEY,
    action_time=MOMENT,
    user=STAFF_ACT,
    content_type=CATALOGUE,
    object_id=IDS,
    object_repr=IDS,
    action_flag=STAFF_ACT,
    change_message=STAFF_ACT,
)

# --- other places
place(
    "cache",
    "limit:*",
    Personal(
        subject=Subject.VISITOR,
        purpose=_("Slowing down abuse: a hash of the network's address under a key of that day"),
        basis=Basis.LEGITIMATE_INTEREST,
        retention=_("An hour at most"),
        what=_("A hash of the IP address"),
        exported=False,
        withheld=PASSING,
        erase=Erase.EXPIRES,
    ),
)
place(
    "cache",
    "statistics:hits",
    Personal(
        subject=Subject.ACCOUNT_HOLDER,
        purpose=_("Counting which of our own pages are used: your IP address, on its way to the statistics"),
        basis=Basis.LEGITIMATE_INTEREST,
        retention=_("Some seconds, an hour at most"),
        what=_("IP address and page"),
        exported=False,
        withheld=ELSEWHERE,
        erase=Erase.EXPIRES,
    ),
)
place("log", "stderr", NotPersonal(_("Addresses and numbers are taken out before a line is written")))

place("storage", "ledger/access-log/", NotPersonal(_("The last hash of an account's log of access, by day")))

ANNOUNCED = NotPersonal(_("What we announce about a party that works for us"))
table(
    "privacy.ProcessorChange",
    id=KEY,
    party=ANNOUNCED,
    kind=ANNOUNCED,
    summary_nl=ANNOUNCED,
    summary_en=ANNOUNCED,
    announced_at=MOMENT,
    effective_on=ANNOUNCED,
)
