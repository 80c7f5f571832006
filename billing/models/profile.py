"""What an account gives for its invoices (promise 04), and what it was asked to pay."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from webanizr.core.models import TenantModel


class BillingProfile(TenantModel):
    """Name and address for on the invoice, and nothing but that (promise 05). Deleted with the account."""

    class Kind(models.TextChoices):
        """Who buys: it decides on rights and on VAT."""

        CONSUMER = "consumer"
        BUSINESS = "business"

    class VatCheck(models.TextChoices):
        """What the tax authorities say of the VAT id; unknown neither blocks nor gives 0 %."""

        UNKNOWN = "unknown"
        VALID = "valid"
        INVALID = "invalid"

    kind = models.CharField(max_length=8, choices=Kind.choices)
    name = models.CharField(max_length=100)
    street = models.CharField(max_length=100)
    postcode = models.CharField(max_length=12)
    city = models.CharField(max_length=60)
    country = models.CharField(max_length=2, default="NL")
    vat_id = models.CharField(max_length=20, blank=True)
    vat_check = models.CharField(max_length=7, choices=VatCheck.choices, default=VatCheck.UNKNOWN)
    vat_checked_at = models.DateTimeField(null=True)
    vat_check_reference = models.CharField(max_length=40, blank=True)  # consultation number
    kvk = models.CharField(max_length=8, blank=True)
    reference = models.CharField(max_length=60, blank=True)  # the customer's own, printed on invoices
    customer_no = models.PositiveIntegerField()
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account"], name="billing_profile_once")]

    def __str__(self) -> str:
        return f"K-{self.customer_no}"

    @property
    def business(self) -> bool:
        """Whether a business buys."""
        return self.kind == self.Kind.BUSINESS


class PaymentRequest(TenantModel):
    """A sale that waits for its payment: no invoice, so no number is spent and no VAT is due yet."""

    class State(models.TextChoices):
        """How far it is."""

        OPEN = "open"
        PAID = "paid"
        EXPIRED = "expired"
        CANCELLED = "cancelled"

    code = models.CharField(max_length=16)  # BV-2026-0417
    rf = models.CharField(max_length=25)
    plan = models.CharField(max_length=10)
    interval = models.CharField(max_length=5)
    state = models.CharField(max_length=9, choices=State.choices, default=State.OPEN)
    net_cents = models.PositiveIntegerField()
    vat_cents = models.PositiveIntegerField()
    gross_cents = models.PositiveIntegerField()
    vat_rate = models.DecimalField(max_digits=4, decimal_places=1)
    treatment = models.CharField(max_length=7)
    made_at = models.DateTimeField(default=timezone.now)
    expires_on = models.DateField()  # the last day on which it may be paid
    paid_on = models.DateField(null=True)
    mailed_at = models.DateTimeField(null=True)  # with its PDF, which is stored from then on

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "code"], name="payment_request_code")]
        indexes = [models.Index(fields=["account", "state"], name="payment_request_state")]

    def __str__(self) -> str:
        return self.code


class Reminder(TenantModel):
    """A reminder that was sent about an open invoice: each step once."""

    invoice_id = models.UUIDField()
    step = models.PositiveSmallIntegerField()
    sent_on = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "invoice_id", "step"], name="reminder_once")]

    def __str__(self) -> str:
        return f"{self.step} {self.id}"
