"""Billing's background work, all of it in the queue "billing": its worker alone holds the PDF and XSLT engines."""

from __future__ import annotations

import hashlib
import logging
import uuid
from datetime import date

from celery import shared_task
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import Account
from billing import documents, purpose
from billing.models import BankLine, Invoice, PaymentRequest, Refund
from billing.selectors import profile_of, today
from billing.services import credits, files, invoices, notices, renewals, requests, retention, settlement, together
from webanizr.core import storage, tenancy
from webanizr.core.tasks import TenantTask

log = logging.getLogger(__name__)
BATCH = 500


@shared_task(base=TenantTask, name="billing.tasks.invoice_account", queue="billing")
def invoice_account() -> None:
    """Issue the invoice that an account's subscription needs now."""
    with purpose.billing():
        renewals.invoice_account(tenancy.current_account_id(), now=today())


@shared_task(base=TenantTask, name="billing.tasks.credit_ahead", queue="billing")
def credit_ahead(*, period_start: str) -> None:
    """Credit the invoice of a coming period that will be another, or won't be."""
    with purpose.billing():
        renewals.credit_ahead(tenancy.current_account_id(), period_start=date.fromisoformat(period_start), now=today())


@shared_task(base=TenantTask, name="billing.tasks.credit_unserved", queue="billing")
def credit_unserved(*, start: str, until: str, on: str) -> None:
    """Credit the days of a period that a suspended plan was cancelled before."""
    days = {"start": date.fromisoformat(start), "until": date.fromisoformat(until), "on": date.fromisoformat(on)}
    with purpose.billing():
        renewals.unserved(tenancy.current_account_id(), **days, now=today())


@shared_task(base=TenantTask, name="billing.tasks.return_parts", queue="billing")
def return_parts() -> None:
    """Give back what was paid towards requests that were taken back."""
    with purpose.billing():
        credits.return_parts(tenancy.current_account_id(), now=today())


@shared_task(base=TenantTask, name="billing.tasks.ask_account", queue="billing")
def ask_account(*, refund_id: str) -> None:
    """Ask an account's owners where money goes that we can't send back to where it came from."""
    with purpose.billing():
        asked = Refund.objects.filter(id=refund_id, state=Refund.State.NEEDS_IBAN).first()
        if asked is not None:
            notices.to_owners(
                tenancy.current_account_id(),
                "mail/refund_account",
                link=f"{settings.APP_URL}/subscription/refunds/{asked.id}/",
                back_cents=asked.cents,
            )


@shared_task(base=TenantTask, name="billing.tasks.credit_withdrawal", queue="billing")
def credit_withdrawal() -> None:
    """Credit a purchase that was withdrawn from."""
    with purpose.billing():
        renewals.credit_withdrawal(tenancy.current_account_id(), now=today())


@shared_task(base=TenantTask, name="billing.tasks.credit_invoice", queue="billing")
def credit_invoice(*, invoice_id: str, net_cents: int = 0) -> None:
    """Credit an invoice, or a part of it, as billing staff asked."""
    with purpose.billing():
        settlement.credit_by_staff(uuid.UUID(invoice_id), net_cents=net_cents or None, now=today())


@shared_task(base=TenantTask, name="billing.tasks.follow_payment", queue="billing")
def follow_payment(*, invoice_id: str) -> None:
    """Let a subscription follow an invoice that was paid, booked together with others."""
    with purpose.billing():
        invoice = Invoice.objects.filter(id=invoice_id, customer_id=tenancy.current_account_id()).first()
        if invoice is not None:
            settlement.follow_payment(invoice, now=today())


class _StepsTask(TenantTask):
    atomic = False
    abstract = True


@shared_task(base=_StepsTask, name="billing.tasks.book_lines", queue="billing")
def book_lines(*, account_id: uuid.UUID, statement_id: str = "", line_id: str = "") -> None:
    """Book the matched lines of a statement, or one line: the ordinary ones together, all others each in transactions
    of its own, so that one bad line holds up no other.
    """
    if statement_id:
        together.book_exact(uuid.UUID(statement_id))
    with transaction.atomic(), purpose.billing():
        lines = BankLine.objects.filter(state=BankLine.State.MATCHED)
        lines = lines.filter(id=uuid.UUID(line_id)) if line_id else lines.filter(statement=uuid.UUID(statement_id))
        ids = list(lines.order_by("position").values_list("id", flat=True))
    failed = 0
    for found in ids:
        try:
            settlement.book_line(found, now=today())
        except Exception as error:  # the others go on; the row is tried again
            log.error("bank line %s could not be booked: %s", found, type(error).__name__)
            failed += 1
    if failed:
        raise RuntimeError(f"{failed} of {len(ids)} lines were not booked")


@shared_task(base=_StepsTask, name="billing.tasks.make_document", queue="billing")
def make_document(*, account_id: uuid.UUID, invoice_id: str) -> None:
    """Make an invoice's PDF, store it, and mail it with its UBL; once, however often this runs."""
    with transaction.atomic(), purpose.billing():
        invoice = Invoice.objects.select_related("credits").filter(id=invoice_id).first()
    if invoice is None:
        return
    if not invoice.pdf_key:
        with transaction.atomic(), purpose.billing():
            document = invoices.document_of(invoice)
        data = documents.pdf(document, customer_no=invoice.customer_no, cii=invoice.cii.encode())
        key, ubl_key = files.keys_of(invoice)
        storage.put(key, data, content_type="application/pdf")
        storage.put(ubl_key, invoice.ubl.encode(), content_type="application/xml")
        with transaction.atomic(), purpose.billing():
            Invoice.objects.filter(id=invoice.id, pdf_key="").update(
                pdf_key=key, pdf_sha256=hashlib.sha256(data).digest()
            )
    if invoice.customer_id is None:
        return
    with purpose.tenant(invoice.customer_id):
        if Invoice.objects.filter(id=invoice.id, sent_at__isnull=True).update(sent_at=timezone.now()):
            mail_invoice(invoice)


@shared_task(base=_StepsTask, name="billing.tasks.send_request", queue="billing")
def send_request(*, account_id: uuid.UUID, request_id: str) -> None:
    """Make a payment request's PDF, store it, and mail it; once, however often this runs."""
    with purpose.tenant(account_id):
        request = PaymentRequest.objects.filter(id=request_id, state=PaymentRequest.State.OPEN, mailed_at=None).first()
        profile = profile_of(account_id)
        if request is None or profile is None:
            return  # taken back, or mailed already
        language = Account.objects.get(pk=account_id).language
        document = requests.document_of(request, profile, language=language)
    data = documents.request_pdf(document, customer_no=profile.customer_no)
    storage.put(files.key_of_request(request), data, content_type=files.PDF)
    with purpose.tenant(account_id):
        requests.mail_request(request, now=timezone.now())


def mail_invoice(invoice: Invoice) -> None:
    """Mail an invoice or credit note to the owners, with both files."""
    assert invoice.customer_id is not None
    pdf_key, ubl_key = files.keys_of(invoice)
    notices.to_owners(
        invoice.customer_id,
        "mail/credit_note" if invoice.credit else "mail/invoice",
        files=[
            (pdf_key, f"{invoice.number}.pdf", "application/pdf"),
            (ubl_key, f"{invoice.number}.xml", "application/xml"),
        ],
        link=f"{settings.APP_URL}/subscription/invoices/{invoice.id}/",
        number=invoice.number,
        gross_cents=invoice.gross_cents,
        due_on=invoice.due_on,
        settled=invoice.paid_on is not None,
        credited=invoice.credits.number if invoice.credits else "",
    )


@shared_task(name="billing.tasks.daily", queue="billing")
def daily() -> int:
    """Look at every subscription once a day, soon after midnight in Amsterdam; return how many were looked at."""
    now = today()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT * FROM billing_accounts_to_check(%s, %s)", [now, BATCH])
        accounts = [row[0] for row in cursor.fetchall()]
    for account_id in accounts:
        try:
            with purpose.tenant(account_id):
                renewals.daily(account_id, now=now)
        except Exception as error:  # one account's trouble is not another's
            log.error("billing of account %s failed: %s", account_id, type(error).__name__)
    return len(accounts)


@shared_task(name="billing.tasks.retention", queue="billing")
def erase_what_is_over() -> None:
    """Forget payers after 30 days, and invoices after their legal term."""
    now = today()
    retention.purge_payers(now=now)
    retention.tidy()
    while retention.erase_expired(now=now) == retention.BATCH:
        pass
