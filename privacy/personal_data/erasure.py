"""The data map of erasures and exports: numbers and states; what names somebody is sealed (privacy.erasure)."""

from django.utils.translation import gettext_lazy as _

from privacy.datamap import (
    KEY,
    LINK,
    MOMENT,
    ON_ITS_PAGE,
    PASSING,
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

ASKED = Personal(
    subject=Subject.ACCOUNT_HOLDER,
    purpose=_("Showing that an erasure was asked for and done: random numbers, counts and states"),
    basis=Basis.LEGAL_OBLIGATION,
    retention=_("A year after it was done"),
    exported=False,
    withheld=ON_ITS_PAGE,
    erase=Erase.KEPT,
    what=_("Request to erase"),
)
SEALED = Personal(
    subject=Subject.ACCOUNT_HOLDER,
    purpose=_("Finding you in every system while we erase, and mailing you that it is done"),
    basis=Basis.LEGAL_OBLIGATION,
    retention=_("Until the erasure has been checked and the certificate has been mailed"),
    exported=False,
    withheld=PASSING,
    erase=Erase.KEPT,
    what=_("Addresses of who asked to be erased, sealed"),
)
STEP = NotPersonal(_("A step of an erasure: which table or system, how far, what was found: counts and codes"))
table(
    "privacy.ErasureStep",  # before its request, which it refers to
    Term("changed_at", days=365, only={"request__state": "done"}),
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
    Term("at", days=365, only={"request__state": "done"}),
    Term("at", days=365, only={"request__state": "withdrawn"}),
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
    Term("finished_at", days=365),  # done, or taken back
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
        purpose=_(
            "Erasing and stopping again what a restored backup would bring back: random numbers of rows, and for who"
            " stopped a newsletter a hash of the address under our key; no names"
        ),
        basis=Basis.LEGAL_OBLIGATION,
        retention=_("For good: numbers of rows that no longer exist, and hashes"),
        exported=False,
        withheld=UNREADABLE,
        erase=Erase.KEPT,
        what=_("Ledger of erasures and of what was said no to"),
    ),
)
