"""Tables of billing. Promise 05: profile, requests and books are read for the purpose of billing only (RLS)."""

from billing.models.bank import Allocation, BankLine, BankStatement, Refund
from billing.models.books import Invoice, Journal, PaymentReference, Series, VatRate
from billing.models.profile import BillingProfile, PaymentRequest, Reminder
from billing.models.subscription import Subscription

__all__ = [
    "Allocation",
    "BankLine",
    "BankStatement",
    "BillingProfile",
    "Invoice",
    "Journal",
    "PaymentReference",
    "PaymentRequest",
    "Refund",
    "Reminder",
    "Series",
    "Subscription",
    "VatRate",
]
