"""The data map of the platform's tables (`webanizr.core` is below this application), Django's, and other places."""

from django.utils.translation import gettext_lazy as _

from privacy.datamap import (
    KEY,
    LINK,
    MOMENT,
    STATE,
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

# --- erasures: numbers and states; what names somebody is sealed and goes with the last step (privacy.erasure)
ASKED = Personal(
    subject=Subject.ACCOUNT_HOLDER,
    purpose=_("Showing that an erasure was asked for and done: random numbers, counts and states"),
    basis=Basis.LEGAL_OBLIGATION,
    retention=_("A year after it was done"),
    exported=False,
    erase=Erase.KEPT,
    what=_("Request to erase"),
)
SEALED = Personal(
    subject=Subject.ACCOUNT_HOLDER,
    purpose=_("Finding you in every system while we erase, and mailing you that it is done"),
    basis=Basis.LEGAL_OBLIGATION,
    retention=_("Until the erasure has been checked and the certificate has been mailed"),
    exported=False,
    erase=Erase.KEPT,
    what=_("Addresses of who asked to be erased, sealed"),
)
STEP = NotPersonal(_("A step of an erasure: which table or system, how far, what was found: counts and codes"))
table(
    "privacy.ErasureStep",  # before its request, which it refers to
    Term("changed_at", days=365, only={"state": "verified"}),
    Term("changed_at", days=365, only={"state": "retained"}),
    id=KEY,
    request=LINK,
    position=STEP,
    stage=STEP,
    kind=STEP,
    target=STEP,
    args=STEP,
    state=STATE,
    expected=STEP,
    erased=STEP,
    attempts=STATE,
    due_at=STATE,
    lease=STATE,
    leased_until=STATE,
    cause=STEP,
    evidence=STEP,
    law=STEP,
    until=STEP,
    reopened=STEP,
    changed_at=MOMENT,
)
table(
    "privacy.ErasureEvent",
    Path(Scope.USER, "actor_id", unlink=True),
    Term("at", days=365),
    id=KEY,
    request=LINK,
    kind=STEP,
    reason=STEP,
    actor_id=Personal(
        subject=Subject.STAFF,
        purpose=_("Who at Webanizr tried an erasure again or extended its term"),
        basis=Basis.LEGAL_OBLIGATION,
        retention=_("A year"),
        erase=Erase.UNLINK,
        what=_("Number of the person at Webanizr"),
    ),
    at=MOMENT,
)
table(
    "privacy.ErasureRequest",
    Term("finished_at", days=365, only={"state": "done"}),
    id=KEY,
    reference=KEY,
    scope=STEP,
    subject_id=ASKED,
    account_ref=ASKED,
    requested_by=ASKED,
    chosen=ASKED,
    paused=LINK,
    state=STATE,
    requested_at=MOMENT,
    starts_at=MOMENT,
    deadline=MOMENT,
    started_at=MOMENT,
    finished_at=MOMENT,
    replay_of=STEP,
    plan_hash=STEP,
    step_count=STEP,
    certificate=STEP,
    signature=STEP,
)
table("privacy.ErasureSecret", request=LINK, sealed=SEALED)
table("privacy.LedgerPosition", seq=STEP, request_ref=LINK, digest=STEP, at=MOMENT)
place(
    "storage",
    "ledger/erasures/",
    Personal(
        subject=Subject.ACCOUNT_HOLDER,
        purpose=_("Erasing again what a restored backup would bring back: random numbers of rows, no names"),
        basis=Basis.LEGAL_OBLIGATION,
        retention=_("For good: numbers of rows that no longer exist"),
        exported=False,
        erase=Erase.KEPT,
        what=_("Ledger of erasures"),
    ),
)

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
        erase=Erase.EXPIRES,
    ),
)
place("log", "stderr", NotPersonal(_("Addresses and numbers are taken out before a line is written")))

place("storage", "ledger/access-log/", NotPersonal(_("The last hash of an account's log of access, by day")))

# --- questions to Webanizr, consent, and the log of access (privacy.models)
QUESTION = Personal(
    subject=Subject.ACCOUNT_HOLDER,
    purpose=_("Answering your question"),
    basis=Basis.CONTRACT,
    retention=_("Until 12 months after the question was closed"),
)
CONSENT = Personal(
    subject=Subject.ACCOUNT_HOLDER,
    purpose=_("Showing to whom you gave permission to look at your submissions, for what and until when"),
    basis=Basis.CONTRACT,
    retention=_("Until 12 months after the question was closed"),
)
LOOKED = Personal(
    subject=Subject.STAFF,
    purpose=_("Showing the customer which member of staff asked, answered or looked, and why"),
    basis=Basis.LEGITIMATE_INTEREST,
    retention=_("Until 12 months after the question was closed"),
    exported=False,
)
WHO_LOOKED = Personal(
    subject=Subject.STAFF,
    purpose=_("Proving to the customer who looked when: the number of the person, no name"),
    basis=Basis.LEGITIMATE_INTEREST,
    retention=_("For good: a line of the log can't be removed, and holds numbers only"),
    exported=False,
    erase=Erase.KEPT,
)
SCOPED = NotPersonal(_("The number of a website, form or submission that was named"))
PROOF = NotPersonal(_("A hash, by which anybody can see that nothing was changed"))

table(
    "privacy.SupportQuestion",
    Path(Scope.USER, "asked_by", unlink=True),
    Path(Scope.USER, "closed_by", unlink=True),
    Term("closed_at", days=365, by="privacy.tasks.forget_questions"),
    id=KEY,
    account=LINK,
    number=KEY,
    subject=QUESTION,
    asked_by=QUESTION,
    site_id=SCOPED,
    form_id=SCOPED,
    submission_id=SCOPED,
    implied_refused=CONSENT,
    waits_for_staff=STATE,
    created_at=MOMENT,
    last_message_at=MOMENT,
    closed_at=MOMENT,
    closed_by=LINK,
)
table(
    "privacy.SupportMessage",
    Path(Scope.USER, "member_id", unlink=True),
    Path(Scope.USER, "staff_id", unlink=True),
    id=KEY,
    account=LINK,
    question=LINK,
    by_staff=STATE,
    member_id=QUESTION,
    staff_id=LOOKED,
    body=QUESTION,
    internal=STATE,
    created_at=MOMENT,
)
table(
    "privacy.AccessRequest",
    Path(Scope.USER, "staff_id", unlink=True),
    Path(Scope.USER, "answered_by", unlink=True),
    id=KEY,
    account=LINK,
    question=LINK,
    staff_id=LOOKED,
    site_id=SCOPED,
    form_id=SCOPED,
    submission_id=SCOPED,
    actions=STATE,
    hours=STATE,
    reason=LOOKED,
    state=STATE,
    created_at=MOMENT,
    expires_at=MOMENT,
    answered_by=CONSENT,
    answered_at=MOMENT,
)
table(
    "privacy.AccessGrant",
    Path(Scope.USER, "granted_by", unlink=True),
    Path(Scope.USER, "revoked_by", unlink=True),
    Path(Scope.USER, "staff_id", unlink=True),
    id=KEY,
    account=LINK,
    question=LINK,
    request=LINK,
    site_id=SCOPED,
    form_id=SCOPED,
    submission_id=SCOPED,
    actions=STATE,
    source=STATE,
    message=LINK,
    quote=CONSENT,
    wording=STATE,
    granted_by=CONSENT,
    staff_id=LOOKED,
    granted_at=MOMENT,
    expires_at=MOMENT,
    revoked_at=MOMENT,
    revoked_by=CONSENT,
    ended_at=MOMENT,
)
table(
    "privacy.AccessSession",
    Path(Scope.USER, "staff_id", unlink=True),
    id=KEY,
    account=LINK,
    grant=LINK,
    staff_id=LOOKED,
    action=STATE,
    reason=LOOKED,
    opened_at=MOMENT,
    expires_at=MOMENT,
    closed_at=MOMENT,
    opened_xid=KEY,
)
table(
    "privacy.ConsentSetting",
    Path(Scope.USER, "changed_by", unlink=True),
    id=KEY,
    account=LINK,
    never_implied=CONSENT,
    changed_by=CONSENT,
    changed_at=MOMENT,
)
table(
    "privacy.AccessLog",
    id=KEY,
    account_id=LINK,
    seq=KEY,
    at=MOMENT,
    event=STATE,
    by=STATE,
    actor_id=WHO_LOOKED,
    question_id=LINK,
    request_id=LINK,
    grant_id=LINK,
    session_id=LINK,
    site_id=SCOPED,
    form_id=SCOPED,
    submission_id=SCOPED,
    number=STATE,
    before=PROOF,
    after=PROOF,
    previous=PROOF,
    hash=PROOF,
    xid=KEY,
)

ACCEPTED = Personal(
    subject=Subject.ACCOUNT_HOLDER,
    purpose=_("Proving which processing agreement was accepted, by whom and when"),
    basis=Basis.LEGAL_OBLIGATION,
    retention=_("As long as you have an account"),
)
table(
    "privacy.AgreementAcceptance",
    id=KEY,
    account=LINK,
    version=STATE,
    language=STATE,
    fingerprint=PROOF,
    customer=ACCEPTED,
    accepted_by=ACCEPTED,
    accepted_name=ACCEPTED,
    accepted_at=ACCEPTED,
)
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
