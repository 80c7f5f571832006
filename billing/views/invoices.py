"""A customer's invoices: what is on one and how to pay what is open, its files, and all of them in one zip."""

from __future__ import annotations

import io
import uuid
import zipfile

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from billing.selectors import Settled, access_invoice, invoices_of, open_cents, today
from billing.services import files
from billing.views.page import account_of, owners_page, transfer_of


@owners_page
@require_safe
def invoice(request: HttpRequest, invoice_id: uuid.UUID) -> HttpResponse:
    """Show an invoice or credit note; while it is open, a code to scan and details to copy."""
    found = access_invoice(invoice_id)
    row = Settled(found, open_cents(found))
    waits = not found.credit and not row.paid
    context = {
        "row": row,
        "invoice": found,
        "waits": waits,
        "overdue": row.overdue(today()),
        "partly": waits and row.open_cents < found.gross_cents,
        "paid_cents": found.gross_cents - row.open_cents,
        "nav": "subscription",
    }
    if waits:
        context |= transfer_of(cents=row.open_cents, rf=found.rf)
    return render(request, "billing/invoice.html", context)


@owners_page
@require_safe
def document(request: HttpRequest, invoice_id: uuid.UUID, kind: str) -> HttpResponse:
    """Download an invoice or credit note, as PDF or as UBL."""
    invoice = access_invoice(invoice_id)
    found = files.invoice_ubl(invoice) if kind == "ubl" else files.invoice_pdf(invoice)
    if found is None:
        messages.info(request, _("This PDF is still being made. Try again in a minute."))
        return redirect("billing:subscription")
    return files.download(found)


@owners_page
@require_safe
def archive(request: HttpRequest) -> HttpResponse:
    """Download all invoices in one zip, PDF and UBL."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for row in invoices_of(account_of(request).pk):
            for found in (files.invoice_ubl(row.invoice), files.invoice_pdf(row.invoice)):
                if found is not None:
                    archive.writestr(found.name, found.data)
    return files.download(files.File("webanizr-facturen.zip", "application/zip", packed.getvalue()))
