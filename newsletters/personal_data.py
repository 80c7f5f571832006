"""The data map of the newsletter (promises 03, 07 and 08)."""

from dataclasses import replace

from django.utils.translation import gettext_lazy as _

from privacy.datamap import (
    ELSEWHERE,
    KEY,
    LINK,
    MOMENT,
    SETTING,
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
    Text,
    place,
    table,
)

UNTIL_STOPPED = _("Until you unsubscribe, and 30 days after; a request that nobody confirms 7 days")


def subscriber(purpose: object, *, exported: bool = True, withheld: Text = "") -> Personal:
    """Something about somebody who gets, or asked for, the newsletter."""
    return Personal(
        subject=Subject.SUBSCRIBER,
        purpose=purpose,  # type: ignore[arg-type]  # lazy text
        basis=Basis.CONSENT,
        retention=UNTIL_STOPPED,
        exported=exported,
        withheld=withheld,
    )


WORDS = NotPersonal(_("Name and description of a topic"))
HASH = Personal(
    subject=Subject.SUBSCRIBER,
    purpose=_("Recognising an address that must get no newsletter, by a hash under a key of our own"),
    basis=Basis.LEGITIMATE_INTEREST,
    retention=_("Until you subscribe again"),
    exported=False,
    withheld=UNREADABLE,
    erase=Erase.KEPT,
)
# Somebody whose account is erased is erased from the newsletter too, under every address they had.
OF_PERSON = Path(Scope.USER, "contact", through=("newsletters.Contact", "id"))
TIDY = "newsletters.tasks.tidy"

CHOICE = subscriber(_("Sending you what you chose, when and in the language you chose"))
PROOF = subscriber(_("Being able to show what you said yes or no to, in which words and when"))
SYNC = subscriber(_("Keeping the mailing platform in step with what you chose"))

table("newsletters.Topic", key=SETTING, position=SETTING, name_nl=WORDS, name_en=WORDS, about_nl=WORDS, about_en=WORDS)
table(
    "newsletters.Contact",
    Path(Scope.USER, "address", key="email"),
    id=KEY,
    address=subscriber(_("Sending you the newsletter")),
    address_key=subscriber(_("Finding your address"), exported=False, withheld=UNREADABLE),
    user_id=LINK,
    language=CHOICE,
    verified_at=PROOF,
    paused_until=CHOICE,
    erase_asked_at=MOMENT,
    created_at=MOMENT,
)
table(
    "newsletters.Consent",
    OF_PERSON,
    id=KEY,
    contact=LINK,
    topic=PROOF,
    action=PROOF,
    basis=PROOF,
    wording=PROOF,
    wording_version=PROOF,
    language=PROOF,
    source=PROOF,
    token_hash=subscriber(_("Showing that the link in the mail was used"), exported=False, withheld=UNREADABLE),
    at=PROOF,
)
# Why an address gets nothing: shown to whoever it is about, and kept as long as the hash.
STOPPED = replace(HASH, purpose=_("Remembering why an address gets no newsletter"), exported=True, withheld="")
table("newsletters.Suppression", address_key=HASH, reason=STOPPED, at=MOMENT)
table(
    "newsletters.SyncState",
    OF_PERSON,
    id=KEY,
    contact=LINK,
    provider=SYNC,
    state=STATE,
    there=SYNC,
    desired=STATE,
    pushed=STATE,
    digest=STATE,
    remote_id=subscriber(
        _("Finding you at the mailing platform, also to erase you there"), exported=False, withheld=ELSEWHERE
    ),
    resubscribe=STATE,
    attempts=STATE,
    due_at=STATE,
    lease=STATE,
    leased_until=STATE,
    error=STATE,
    seen_run=STATE,
    changed_at=MOMENT,
)
table(
    "newsletters.Reconcile",
    Term("started_at", days=90, by=TIDY),
    id=KEY,
    provider=STATE,
    state=STATE,
    cursor=STATE,
    listed=STATE,
    started_at=MOMENT,
    finished_at=MOMENT,
    released_at=MOMENT,
    error=STATE,
)
table(
    "newsletters.Drift",
    OF_PERSON,
    id=KEY,
    run=LINK,
    kind=STATE,
    contact=LINK,
    sealed=subscriber(
        _("Removing somebody from the mailing platform who doesn't belong there"), exported=False, withheld=UNREADABLE
    ),
    found_at=MOMENT,
    mended_at=MOMENT,
)
place(
    "storage",
    "exports/<contact>/<job>",
    Personal(
        subject=Subject.SUBSCRIBER,
        purpose=_("Giving you a copy of what our newsletter knows about you"),
        basis=Basis.LEGAL_OBLIGATION,
        retention=_("7 days"),
        what=_("Export that you asked for"),
        erase=Erase.WITH_OBJECT,
    ),
    dict.fromkeys((Scope.SUBSCRIBER, Scope.USER, Scope.ACCOUNT), "exports/{newsletters.Contact}/"),
)
table(
    "newsletters.PlatformEvent",
    Term("received_at", days=30, by=TIDY),
    id=KEY,
    provider=STATE,
    kind=STATE,
    digest=STATE,
    address_key=HASH,
    received_at=MOMENT,
    handled_at=MOMENT,
)
