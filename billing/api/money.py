"""Payment requests, invoices and their files, refunds."""

from __future__ import annotations

import uuid

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import Conflict
from billing import questions
from billing.api import shapes
from billing.api.base import Base, refusing
from billing.forms import AccountNumberForm
from billing.models import PaymentRequest
from billing.selectors import (
    Settled,
    access_invoice,
    access_refund,
    access_request,
    invoices_of,
    open_cents,
    refunds_of,
    today,
)
from billing.services import files, requests
from billing.services.refunds import give_iban


class Requests(Base):
    """Payment requests."""

    required_level = {"GET": "owner", "POST": "owner"}

    @extend_schema(operation_id="payment_requests_list", responses=shapes.RequestShape(many=True))
    def get(self, request: Request) -> Response:
        """List them, newest first."""
        found = PaymentRequest.objects.filter(account_id=self.account_id).order_by("-made_at")[:100]
        return Response(shapes.RequestShape(found, many=True).data)

    @extend_schema(
        operation_id="payment_requests_create", request=shapes.Purchase, responses={201: shapes.RequestShape}
    )
    def post(self, request: Request) -> Response:
        """Buy a plan: answers how to pay, or 204 when a business starts at once on terms. It takes a billing profile
        first; 409 says what stands in the way.
        """
        values = self.checked(shapes.Purchase)
        answers = values.pop("answers")
        with refusing():
            made = requests.purchase(account_id=self.account_id, actor=self.actor, now=today(), **values)
        for question in questions.QUESTIONS:
            question.answered(self.actor, answers.get(question.name, False), timezone.now())
        return Response(status=204) if made is None else Response(shapes.RequestShape(made).data, status=201)


class OneRequest(Base):
    """A payment request."""

    required_level = {"GET": "owner", "DELETE": "owner"}

    @extend_schema(operation_id="payment_requests_get", responses=shapes.RequestShape)
    def get(self, request: Request, request_id: uuid.UUID) -> Response:
        """Show it, with what a transfer takes."""
        return Response(shapes.RequestShape(access_request(request_id)).data)

    @extend_schema(operation_id="payment_requests_cancel", responses={204: None})
    def delete(self, request: Request, request_id: uuid.UUID) -> Response:
        """Take the purchase back before it is paid; 409 when it is no longer open."""
        with refusing():
            requests.cancel_request(request=access_request(request_id), actor=self.actor, now=today())
        return Response(status=204)


class RequestFile(Base):
    """A payment request's PDF."""

    required_level = {"GET": "owner"}

    @extend_schema(operation_id="payment_requests_pdf", responses={(200, "application/pdf"): OpenApiTypes.BINARY})
    def get(self, request: Request, request_id: uuid.UUID) -> HttpResponse:
        """Download it; 409 while it is being made."""
        return _file(files.request_pdf(access_request(request_id)))


class Invoices(Base):
    """Invoices and credit notes."""

    required_level = {"GET": "owner"}

    @extend_schema(operation_id="invoices_list", responses=shapes.InvoiceShape(many=True))
    def get(self, request: Request) -> Response:
        """List all of them, newest first, with what is left to pay."""
        return Response(shapes.InvoiceShape(invoices_of(self.account_id), many=True).data)


class OneInvoice(Base):
    """An invoice or credit note."""

    required_level = {"GET": "owner"}

    @extend_schema(operation_id="invoices_get", responses=shapes.InvoiceShape)
    def get(self, request: Request, invoice_id: uuid.UUID) -> Response:
        """Show it."""
        found = access_invoice(invoice_id)
        return Response(shapes.InvoiceShape(Settled(found, open_cents(found))).data)


class InvoicePdf(Base):
    """An invoice's PDF, with Factur-X inside."""

    required_level = {"GET": "owner"}

    @extend_schema(operation_id="invoices_pdf", responses={(200, "application/pdf"): OpenApiTypes.BINARY})
    def get(self, request: Request, invoice_id: uuid.UUID) -> HttpResponse:
        """Download it; 409 while it is being made."""
        return _file(files.invoice_pdf(access_invoice(invoice_id)))


class InvoiceUbl(Base):
    """An invoice as UBL."""

    required_level = {"GET": "owner"}

    @extend_schema(operation_id="invoices_ubl", responses={(200, "application/xml"): OpenApiTypes.BINARY})
    def get(self, request: Request, invoice_id: uuid.UUID) -> HttpResponse:
        """Download it."""
        return _file(files.invoice_ubl(access_invoice(invoice_id)))


class Refunds(Base):
    """Money that goes back."""

    required_level = {"GET": "owner"}

    @extend_schema(operation_id="refunds_list", responses=shapes.RefundShape(many=True))
    def get(self, request: Request) -> Response:
        """List what is on its way."""
        return Response(shapes.RefundShape(refunds_of(self.account_id), many=True).data)


class OneRefund(Base):
    """A refund that waits for an account number."""

    required_level = {"POST": "owner"}

    @extend_schema(operation_id="refunds_account", request=shapes.AccountNumber, responses={204: None})
    def post(self, request: Request, refund_id: uuid.UUID) -> Response:
        """Say where it goes; 409 when it is on its way already."""
        found = access_refund(refund_id)
        values = self.form_checked(AccountNumberForm(self.checked(shapes.AccountNumber)))
        with refusing():
            give_iban(refund=found, actor=self.actor, name=values["name"], iban=values["iban"])
        return Response(status=204)


def _file(found: files.File | None) -> HttpResponse:
    if found is None:
        raise Conflict(_("This PDF is still being made. Try again in a minute."))
    return files.download(found)
