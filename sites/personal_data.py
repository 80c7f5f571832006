"""The data map of websites and of what their visitors send (promises 09 to 13)."""

from dataclasses import replace

from django.utils.translation import gettext_lazy as _

from privacy.datamap import (
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
    place,
    table,
)

WORDS = Personal(
    subject=Subject.ACCOUNT_HOLDER,
    purpose=_("Making and showing your website: its words and pictures may be about you"),
    basis=Basis.CONTRACT,
    retention=_("Until you delete it, or as long as you have an account"),
    what=_("Words, menus and forms of your website"),
)
PUBLISHER = Personal(
    subject=Subject.ACCOUNT_HOLDER,
    purpose=_("Knowing which member put a version online"),
    basis=Basis.CONTRACT,
    retention=_("As long as you have an account"),
    what=_("Who put a version online"),
)
ANSWERS = Personal(
    subject=Subject.VISITOR,
    purpose=_("Answering what was asked through the form; the form's notice names each purpose"),
    basis=Basis.PROCESSOR,
    retention=_("As the customer chose for that form"),
    what=_("What visitors send through your forms"),
)
FINDABLE = Personal(
    subject=Subject.VISITOR,
    purpose=_("Finding a message by its words, addresses and numbers without the database knowing them"),
    basis=Basis.PROCESSOR,
    retention=_("As long as the message"),
    exported=False,
    withheld=UNREADABLE,
)
PUBLIC = NotPersonal(_("A key that only seals"))
SEALED_KEY = NotPersonal(
    _("A random key, sealed: without the private half, which isn't in the database, it says nothing")
)
TERM = NotPersonal(_("When the answers go"))

table(
    "sites.Site",
    id=KEY,
    account=LINK,
    name=WORDS,
    language=SETTING,
    theme=SETTING,
    hue=SETTING,
    vividness=SETTING,
    menu=WORDS,
    created_at=MOMENT,
    updated_at=MOMENT,
)
table(
    "sites.Domain",
    Path(Scope.SITE, "site_id"),
    host=WORDS,
    account=LINK,
    site_id=LINK,
    upload_bytes=SETTING,
    version_id=LINK,
    held_version_id=LINK,
    created_at=MOMENT,
)
table(
    "sites.Page",
    Term("deleted_at", days=30, by="sites.tasks.delete_expired"),
    id=KEY,
    account=LINK,
    site=LINK,
    title=WORDS,
    slug=WORDS,
    description=WORDS,
    noindex=SETTING,
    position=SETTING,
    content=WORDS,
    version=STATE,
    created_at=MOMENT,
    updated_at=MOMENT,
    deleted_at=MOMENT,
)
table(
    "sites.Form",
    id=KEY,
    account=LINK,
    site=LINK,
    name=WORDS,
    fields=WORDS,
    button=WORDS,
    thanks=WORDS,
    notify=SETTING,
    retention_days=SETTING,
    created_at=MOMENT,
    updated_at=MOMENT,
    deleted_at=MOMENT,
)
table(
    "sites.Submission",
    Path(Scope.VISITOR, "id"),
    Term("expires_at", by="sites.tasks.delete_expired"),
    Term("deleted_at", days=30, by="sites.tasks.delete_expired"),
    id=KEY,
    account=LINK,
    site=LINK,
    form=LINK,
    intake_key=LINK,
    content=ANSWERS,
    received_at=ANSWERS,
    expires_at=TERM,
    read_at=STATE,
    deleted_at=STATE,
    is_test=STATE,
    quarantined=STATE,
)
table("sites.SearchEntry", id=KEY, account=LINK, submission=LINK, token=FINDABLE)
table(
    "sites.Upload",
    id=KEY,
    account=LINK,
    site=LINK,
    submission=LINK,
    intake_key=LINK,
    size=NotPersonal(_("How large the file is")),
    created_at=MOMENT,
)
table("sites.SiteKey", id=KEY, account=LINK, site=LINK, public_key=PUBLIC, created_at=MOMENT, retired_at=MOMENT)
table("sites.IntakeKey", id=KEY, account=LINK, site=LINK, pair=LINK, sealed=SEALED_KEY, created_at=MOMENT)
table(
    "sites.Asset",
    id=KEY,
    account=LINK,
    site=LINK,
    name=WORDS,
    alt=WORDS,
    width=SETTING,
    height=SETTING,
    variants=LINK,
    created_at=MOMENT,
)
table(
    "sites.SiteVersion",
    Path(Scope.USER, "published_by", unlink=True),
    id=KEY,
    account=LINK,
    site=LINK,
    number=STATE,
    manifest=LINK,
    source=WORDS,
    published_by=replace(PUBLISHER, erase=Erase.UNLINK),
    created_at=MOMENT,
)
table("sites.Redirect", id=KEY, account=LINK, site=LINK, slug=WORDS, page=LINK, created_at=MOMENT)

FILES = Personal(
    subject=Subject.ACCOUNT_HOLDER,
    purpose=_("Making and showing your website: its words and pictures may be about you"),
    basis=Basis.CONTRACT,
    retention=_("Until you delete it, or as long as you have an account"),
    erase=Erase.WITH_OBJECT,
    what=_("Pictures and published versions"),
)
place(
    "storage",
    "sites/<site>/<version>/",
    FILES,
    {Scope.ACCOUNT: "sites/{sites.Site}/", Scope.SITE: "sites/{sites.Site}/"},
)
place(
    "storage",
    "assets/<account>/<asset>/",
    FILES,
    {Scope.ACCOUNT: "assets/{account}/", Scope.SITE: "assets/{account}/{sites.Asset}/"},
)
place(
    "storage",
    "uploads/<account>/<file>",
    replace(ANSWERS, what=_("Files that visitors send with a form, sealed"), erase=Erase.WITH_OBJECT),
    {
        Scope.ACCOUNT: "uploads/{account}/",
        Scope.SITE: "uploads/{account}/{sites.Upload}",
        Scope.VISITOR: "uploads/{account}/{sites.Upload}",
    },
)
place("storage", "pending/<hour>/<account>/<file>", NotPersonal(_("Marks without content, swept up after some hours")))
place(
    "storage",
    "exports/<account>/<job>",
    Personal(
        subject=Subject.VISITOR,
        purpose=_("Giving the customer a copy of what was sent through the forms"),
        basis=Basis.PROCESSOR,
        retention=_("7 days"),
        what=_("Export that you asked for"),
        erase=Erase.WITH_OBJECT,
    ),
    # an export may hold what is erased: none of them survives it
    dict.fromkeys((Scope.ACCOUNT, Scope.SITE, Scope.VISITOR), "exports/{account}/"),
)
place(
    "storage",
    "exports/<person>/<job>",
    Personal(
        subject=Subject.ACCOUNT_HOLDER,
        purpose=_("Giving you a copy of what we have of you"),
        basis=Basis.LEGAL_OBLIGATION,
        retention=_("7 days"),
        what=_("Export that you asked for"),
        erase=Erase.WITH_OBJECT,
    ),
    dict.fromkeys((Scope.ACCOUNT, Scope.USER), "exports/{accounts.User}/"),
)
place(
    "storage",
    "key store: <account>/<key>",
    NotPersonal(_("Random keys, wrapped: what opens the answers, kept apart from them")),
)
place(
    "cache",
    "hosting disk cache",
    NotPersonal(_("A copy of pages that are public on the internet, until the next version")),
)
