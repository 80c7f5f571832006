"""What the billing team orders: a credit note, made by the worker in the context of the customer."""

from __future__ import annotations

import uuid

from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import audit
from billing import purpose
from billing.models import Invoice
from billing.services.credits import creditable_cents
from billing.services.errors import BillingError
from webanizr.core import outbox, tenancy


def order_credit(*, invoice_id: uuid.UUID, net_cents: int | None, actor: User) -> Invoice:
    """Let the worker credit an invoice, or a part of it; return the invoice. Raises BillingError.

    Args: net_cents: ex VAT; None for all that isn't credited yet.
    """
    with purpose.desk(actor.pk):
        invoice = Invoice.objects.filter(id=invoice_id, kind=Invoice.Kind.INVOICE).defer("ubl", "cii").first()
        left = creditable_cents(invoice) if invoice else 0
        if invoice is None or left <= 0:
            raise BillingError(_("There is nothing left of this invoice to credit."))
        if net_cents is not None and not 0 < net_cents <= left:
            raise BillingError(_("Credit an amount above zero, and not more than what is left."))
    account_id = invoice.customer_id or tenancy.PLATFORM_ACCOUNT
    with tenancy.tenant(account_id, user_id=actor.pk):
        outbox.add("billing.tasks.credit_invoice", invoice_id=invoice.id, net_cents=net_cents or 0)
        audit.record("invoice.credit_ordered", actor_id=actor.pk, target_id=invoice.id)
    return invoice
