"""The data map of people, accounts and how they sign in (promise 01)."""

from dataclasses import replace

from django.utils.translation import gettext_lazy as _

from privacy.datamap import (
    KEY,
    LINK,
    MOMENT,
    SECRET,
    SETTING,
    STATE,
    Basis,
    Erase,
    NotPersonal,
    Path,
    Personal,
    Scope,
    Subject,
    Term,
    Text,
    table,
)

UNTIL_GONE = _("As long as you have an account")


def contact(purpose: Text, what: Text) -> Personal:
    """A name or address of somebody with an account."""
    return Personal(
        subject=Subject.ACCOUNT_HOLDER, purpose=purpose, basis=Basis.CONTRACT, retention=UNTIL_GONE, what=what
    )


ADDRESS = contact(_("Signing in, and mail about your account"), _("E-mail address"))
MEMBER = contact(_("Knowing who belongs to which account, and what they may do there"), _("Membership and role"))
SIGN_IN = Personal(
    subject=Subject.ACCOUNT_HOLDER,
    purpose=_("Letting you sign in safely, and letting nobody else"),
    basis=Basis.CONTRACT,
    retention=UNTIL_GONE,
    exported=False,
    withheld=SECRET,
    what=_("Passkeys, authenticator app, secrets of tokens"),
)
DEVICE = Personal(
    subject=Subject.ACCOUNT_HOLDER,
    purpose=_("Showing you on which devices you are signed in"),
    basis=Basis.LEGITIMATE_INTEREST,
    retention=_("Until you sign out there, 30 days at most"),
    what=_("Kind of device and time of signing in"),
)

table(
    "accounts.User",
    id=KEY,
    name=contact(_("Knowing how to address you"), _("Name")),
    email=ADDRESS,
)
table(
    "accounts.Account",
    id=KEY,
    name=contact(_("Naming your account, on mails and for your colleagues"), _("Name of the business")),
    language=SETTING,
    created_at=MOMENT,
)
table(
    "accounts.Membership",
    id=KEY,
    account=LINK,
    user=MEMBER,
    role=MEMBER,
    created_at=MOMENT,
)
STAFF = Personal(
    subject=Subject.STAFF,
    purpose=_("Knowing who works here and may use the staff service"),
    basis=Basis.CONTRACT,
    retention=_("As long as they work here"),
    what=_("Name and team of staff"),
)
STAFF_KEY = Personal(
    subject=Subject.STAFF,
    purpose=_("Asking staff for a passkey or a code of their app, each time they sign in"),
    basis=Basis.LEGITIMATE_INTEREST,
    retention=_("As long as they work here"),
    exported=False,
)
table(
    "accounts.StaffMember",
    id=KEY,
    user=STAFF,
    team=STAFF,
    active=STAFF,
    enrolment_hash=STAFF_KEY,
    enrolment_until=STAFF_KEY,
)
table(
    "accounts.StaffKey",
    Path(Scope.USER, "user_id"),
    id=KEY,
    user_id=STAFF_KEY,
    authenticator_id=STAFF_KEY,
    created_at=MOMENT,
)
STAFF_SESSION = Personal(
    subject=Subject.STAFF,
    purpose=_("Keeping staff signed in"),
    basis=Basis.CONTRACT,
    retention=_("Until they sign out, 8 hours at most"),
    exported=False,
    what=_("Session of staff"),
)
table(
    "accounts.StaffSession",
    Path(Scope.USER, "session_key", through=("accounts.SignIn", "session_key")),
    Term("expire_date"),
    session_key=STAFF_SESSION,
    session_data=STAFF_SESSION,
    expire_date=MOMENT,
)
table(
    "accounts.SignIn",
    Term("seen_at", days=30),
    id=KEY,
    user=DEVICE,
    session_key=SIGN_IN,
    device=DEVICE,
    created_at=DEVICE,
    seen_at=DEVICE,
)
table(
    "accounts.Invitation",
    Path(Scope.USER, "email", key="email"),
    Path(Scope.USER, "invited_by", unlink=True),
    Term("expires_at"),
    id=KEY,
    account=LINK,
    email=Personal(
        subject=Subject.ACCOUNT_HOLDER,
        purpose=_("Inviting somebody into an account"),
        basis=Basis.LEGITIMATE_INTEREST,
        retention=_("Until it is accepted or withdrawn, 14 days at most"),
        what=_("E-mail address of somebody who is invited"),
    ),
    role=SETTING,
    token_hash=SIGN_IN,
    invited_by=LINK,
    created_at=MOMENT,
    expires_at=MOMENT,
)
table(
    "accounts.ApiToken",
    Term("expires_at"),
    id=KEY,
    account=LINK,
    user=SIGN_IN,
    name=contact(_("Recognising your own token"), _("Name of an API token")),
    token_hash=SIGN_IN,
    scopes=SETTING,
    created_at=MOMENT,
    used_at=DEVICE,
    expires_at=MOMENT,
)
ACT = Personal(
    subject=Subject.ACCOUNT_HOLDER,
    purpose=_("Seeing afterwards who changed what in an account"),
    basis=Basis.LEGITIMATE_INTEREST,
    retention=_("Two years"),
    what=_("Who changed what in an account"),
)
table(
    "accounts.AuditEvent",
    Path(Scope.USER, "actor_id", unlink=True),
    Term("at", days=730),
    id=KEY,
    account=LINK,
    actor_id=replace(ACT, erase=Erase.UNLINK),
    action=ACT,
    target_id=LINK,
    at=ACT,
)

# --- tables of django-allauth
table(
    "account.EmailAddress",
    id=KEY,
    user=LINK,
    email=ADDRESS,
    verified=STATE,
    primary=STATE,
)
UNUSED = NotPersonal(_("Stays empty: codes are used instead of links"))
table(
    "account.EmailConfirmation",
    Path(Scope.USER, "email_address", through=("account.EmailAddress", "id")),
    id=KEY,
    email_address=UNUSED,
    created=UNUSED,
    sent=UNUSED,
    key=UNUSED,
)
table("mfa.Authenticator", id=KEY, user=LINK, type=SIGN_IN, data=SIGN_IN, created_at=MOMENT, last_used_at=SIGN_IN)
