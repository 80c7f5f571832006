"""The data map of billing (promises 04 and 05)."""

from dataclasses import replace

from django.utils.translation import gettext_lazy as _

from privacy.datamap import (
    IN_OTHERS,
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

PERIOD = NotPersonal(_("Which days a subscription covers and are paid for"), shown=True)
PLAN = Personal(
    subject=Subject.ACCOUNT_HOLDER,
    purpose=_("Giving you the plan that you chose"),
    basis=Basis.CONTRACT,
    retention=_("As long as you have an account; gone at once when you erase it"),
    what=_("Your plan"),
)

table(
    "billing.Subscription",
    id=KEY,
    account=LINK,
    plan=PLAN,
    interval=SETTING,
    state=STATE,
    net_cents=SETTING,
    anchor_day=PERIOD,
    period_start=PERIOD,
    period_end=PERIOD,
    paid_until=PERIOD,
    next_plan=SETTING,
    next_interval=SETTING,
    consumer=SETTING,
    contracted_on=PERIOD,
    first_term_end=PERIOD,
    invoiced_until=PERIOD,
    ends_on=PERIOD,
    suspended_on=PERIOD,
    withdrawn_on=PERIOD,
    checked_on=PERIOD,
    unused=PERIOD,
    changed_at=MOMENT,
)

ADDRESSING = Personal(
    subject=Subject.ACCOUNT_HOLDER,
    purpose=_("Addressing your invoices, and nothing else"),
    basis=Basis.CONTRACT,
    retention=_("As long as you have an account; gone at once when you erase it"),
)
table(
    "billing.BillingProfile",
    id=KEY,
    account=LINK,
    kind=ADDRESSING,
    name=ADDRESSING,
    street=ADDRESSING,
    postcode=ADDRESSING,
    city=ADDRESSING,
    country=ADDRESSING,
    vat_id=ADDRESSING,
    vat_check=ADDRESSING,
    vat_checked_at=MOMENT,
    vat_check_reference=ADDRESSING,
    kvk=ADDRESSING,
    reference=ADDRESSING,
    customer_no=ADDRESSING,
    changed_at=MOMENT,
)
AMOUNT = NotPersonal(_("An amount or a rate"), shown=True)
REFERENCE = Personal(
    subject=Subject.ACCOUNT_HOLDER,
    purpose=_("Recognising your payment"),
    basis=Basis.CONTRACT,
    retention=_("As long as the invoice that it pays"),
    erase=Erase.KEPT,
)
# Rows of the books stay when the account goes, without its number.
CUSTOMER = Path(Scope.ACCOUNT, "customer_id", unlink=True)
WHOSE = Personal(
    subject=Subject.ACCOUNT_HOLDER,
    purpose=_("Knowing whose invoice or payment it is"),
    basis=Basis.CONTRACT,
    retention=_("As long as you have an account; gone at once when you erase it"),
    erase=Erase.UNLINK,
)
table(
    "billing.PaymentRequest",
    id=KEY,
    account=LINK,
    code=REFERENCE,
    rf=REFERENCE,
    plan=SETTING,
    interval=SETTING,
    state=STATE,
    net_cents=AMOUNT,
    vat_cents=AMOUNT,
    gross_cents=AMOUNT,
    vat_rate=AMOUNT,
    treatment=AMOUNT,
    made_at=MOMENT,
    expires_on=PERIOD,
    paid_on=PERIOD,
    mailed_at=MOMENT,
)
table("billing.Reminder", id=KEY, account=LINK, invoice_id=LINK, step=STATE, sent_on=MOMENT)
table(
    "billing.PaymentReference",
    CUSTOMER,
    rf=REFERENCE,
    customer_id=WHOSE,
    request_id=LINK,
    invoice_id=LINK,
    made_at=MOMENT,
)
table("billing.VatRate", id=KEY, country=AMOUNT, rate=AMOUNT, valid_from=AMOUNT)
COUNTER = NotPersonal(_("The counting of invoices: numbers, days and hashes"), shown=True)
table("billing.Series", id=KEY, code=COUNTER, year=COUNTER, last_no=COUNTER, last_date=COUNTER, last_hash=COUNTER)
table(
    "billing.Journal",
    id=KEY,
    series=COUNTER,
    year=COUNTER,
    no=COUNTER,
    issued_on=COUNTER,
    kind=COUNTER,
    gross_cents=AMOUNT,
    sha256=COUNTER,
    chain=COUNTER,
    erased_on=COUNTER,
)
ISSUED = Personal(
    subject=Subject.ACCOUNT_HOLDER,
    purpose=_("Keeping the invoice as it was issued, as the tax law asks"),
    basis=Basis.LEGAL_OBLIGATION,
    retention=_("Until 31 December of the 7th year after it (the 10th for sales under the EU's One Stop Shop)"),
    erase=Erase.KEPT,
)
table(
    "billing.Invoice",
    CUSTOMER,
    Term("retain_until", by="billing.tasks.retention"),
    id=KEY,
    customer_id=WHOSE,
    kind=COUNTER,
    series=COUNTER,
    year=COUNTER,
    no=COUNTER,
    number=COUNTER,
    issued_on=COUNTER,
    due_on=COUNTER,
    period_start=PERIOD,
    period_end=PERIOD,
    seller=NotPersonal(_("Our own name and address")),
    buyer=ISSUED,
    buyer_reference=ISSUED,
    customer_no=ISSUED,
    treatment=AMOUNT,
    reason=AMOUNT,
    lines=AMOUNT,
    vat=AMOUNT,
    net_cents=AMOUNT,
    vat_cents=AMOUNT,
    gross_cents=AMOUNT,
    credits=LINK,
    rf=ISSUED,
    paid_on=PERIOD,
    language=SETTING,
    evidence=ISSUED,
    ubl=ISSUED,
    cii=ISSUED,
    sha256=COUNTER,
    retain_until=COUNTER,
    pdf_key=COUNTER,
    pdf_sha256=COUNTER,
    sent_at=MOMENT,
)
place(
    "storage",
    "requests/<account>/<request>.pdf",
    replace(ADDRESSING, what=_("Payment requests, to print"), erase=Erase.WITH_OBJECT),
    {Scope.ACCOUNT: "requests/{account}/"},
)
place("storage", "invoices/", replace(ISSUED, what=_("Invoices")))
BANK = NotPersonal(_("What the bank says of our own account"))
STAFF_ACT = Personal(
    subject=Subject.STAFF,
    purpose=_("Knowing who of billing did it"),
    basis=Basis.LEGITIMATE_INTEREST,
    retention=_("As long as the books are kept"),
    exported=False,
    erase=Erase.KEPT,
)
table(
    "billing.BankStatement",
    id=KEY,
    sha256=BANK,
    format=BANK,
    name=BANK,
    opening_cents=BANK,
    closing_cents=BANK,
    opened_on=BANK,
    closed_on=BANK,
    lines_count=BANK,
    known_count=BANK,
    in_cents=BANK,
    out_cents=BANK,
    imported_by=STAFF_ACT,
    imported_at=MOMENT,
)
PAYER = Personal(
    subject=Subject.ACCOUNT_HOLDER,
    purpose=_("Knowing which invoice a transfer pays"),
    basis=Basis.LEGAL_OBLIGATION,
    retention=_("Name, account number and text 30 days; a hash of the account number and its country with the books"),
    exported=False,
    withheld=IN_OTHERS,
    erase=Erase.EXPIRES,
)
table(
    "billing.BankLine",
    id=KEY,
    statement=LINK,
    position=BANK,
    fingerprint=PAYER,
    booked_on=BANK,
    cents=BANK,
    state=STATE,
    targets=replace(REFERENCE, exported=False, withheld=IN_OTHERS),  # which customer's it is, the allocation says
    payer=PAYER,
    payer_hash=PAYER,
    payer_country=PAYER,
)
table(
    "billing.Allocation",
    CUSTOMER,
    id=KEY,
    customer_id=WHOSE,
    line=LINK,
    credit=LINK,
    invoice=LINK,
    request_id=LINK,
    cents=AMOUNT,
    made_at=MOMENT,
)
table(
    "billing.Refund",
    CUSTOMER,
    id=KEY,
    customer_id=WHOSE,
    line=LINK,
    credit=LINK,
    cents=AMOUNT,
    reason=STATE,
    state=STATE,
    sealed=Personal(
        subject=Subject.ACCOUNT_HOLDER,
        purpose=_("Paying money back to you"),
        basis=Basis.CONTRACT,
        retention=_("Until it has been paid"),
        exported=False,
        withheld=UNREADABLE,
        erase=Erase.EXPIRES,
    ),
    made_on=PERIOD,
    due_on=PERIOD,
    finished_at=MOMENT,
)
