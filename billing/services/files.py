"""Where the files of invoices and payment requests are stored, and handing them out."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpResponse

from billing.models import Invoice, PaymentRequest
from webanizr.core import storage

PDF, XML = "application/pdf", "application/xml"


@dataclass(frozen=True)
class File:
    """A file to hand out."""

    name: str
    media_type: str
    data: bytes


def keys_of(invoice: Invoice) -> tuple[str, str]:
    """Return where an invoice's PDF and UBL are stored: ids only, nothing personal."""
    stem = f"invoices/{invoice.year}/{invoice.id}"
    return f"{stem}.pdf", f"{stem}.xml"


def key_of_request(request: PaymentRequest) -> str:
    """Return where a payment request's PDF is stored: it goes with the account."""
    return f"requests/{request.account_id}/{request.id}.pdf"


def invoice_pdf(invoice: Invoice) -> File | None:
    """Return an invoice's PDF; None while it is being made."""
    return File(f"{invoice.number}.pdf", PDF, storage.get(invoice.pdf_key)) if invoice.pdf_key else None


def invoice_ubl(invoice: Invoice) -> File:
    """Return an invoice as UBL."""
    return File(f"{invoice.number}.xml", XML, invoice.ubl.encode())


def request_pdf(request: PaymentRequest) -> File | None:
    """Return a payment request's PDF; None while it is being made."""
    if request.mailed_at is None:
        return None
    return File(f"{request.code}.pdf", PDF, storage.get(key_of_request(request)))


def download(file: File) -> HttpResponse:
    """Answer with a file to save."""
    response = HttpResponse(file.data, content_type=file.media_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{file.name}"'
    return response
