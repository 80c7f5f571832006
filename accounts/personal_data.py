"""The data map of people, accounts and how they sign in (promise 01)."""

from dataclasses import replace

from django.utils.translation import gettext_lazy as _

from privacy.datamap import (
    KEY,
    LINK,
    MOMENT,
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
    table,
)

UNTIL_GONE = _("As long as you have an account")


def contact(purpose: object) -> Personal:
    """A name or address of somebody with an account."""
    return Personal(
        subject=Subject.ACCOUNT_HOLDER,
        purpose=purpose,  # type: ignore[arg-type]  # lazy text
        basis=Basis.CONTRACT,
        retention=UNTIL_GONE,
    )


SIGN_IN = Personal(
    subject=Subject.ACCOUNT_HOLDER,
    purpose=_("Letting you sign in safely, and letting nobody else"),
    basis=Basis.CONTRACT,
    retention=UNTIL_GONE,
    exported=False,
)
DEVICE = Personal(
    subject=Subject.ACCOUNT_HOLDER,
    purpose=_("Showing you on which devices you are signed in"),
    basis=Basis.LEGITIMATE_INTEREST,
    retention=_("Until you sign out there, 30 days at most"),
)

table(
    "accounts.User",
    id=KEY,
    name=contact(_("Knowing how to address you")),
    email=contact(_("Signing in, and mail about your account")),
)
table("accounts.Account", id=KEY, name=contact(_("The name of your business")), language=SETTING, created_at=MOMENT)
table(
    "accounts.Membership",
    id=KEY,
    account=LINK,
    user=contact(_("Knowing who belongs to which account")),
    role=contact(_("Knowing what each member may do")),
    created_at=MOMENT,
)
STAFF = Personal(
    subject=Subject.STAFF,
    purpose=_("Knowing who works here and may use the staff service"),
    basis=Basis.CONTRACT,
    retention=_("As long as they work here"),
)
table("accounts.StaffMember", id=KEY, user=STAFF, team=STAFF, active=STAFF)
STAFF_SESSION = Personal(
    subject=Subject.STAFF,
    purpose=_("Keeping staff signed in"),
    basis=Basis.CONTRACT,
    retention=_("Until they sign out, 8 hours at most"),
    exported=False,
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
    name=contact(_("Recognising your own token")),
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
    email=contact(_("Knowing that the address is yours")),
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
