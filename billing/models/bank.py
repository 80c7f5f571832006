"""Bank statements and what their lines pay. Names and texts of payers go after 30 days; a hash and a country stay."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone

from billing.models.books import Invoice


class BankStatement(models.Model):
    """A statement file that was booked as a whole."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    sha256 = models.BinaryField(unique=True)
    format = models.CharField(max_length=8)  # camt.053 or mt940
    name = models.CharField(max_length=40)  # the bank's own number of it
    opening_cents = models.BigIntegerField()
    closing_cents = models.BigIntegerField()
    opened_on = models.DateField()
    closed_on = models.DateField()
    lines_count = models.PositiveIntegerField()
    known_count = models.PositiveIntegerField(default=0)  # lines that an earlier file had brought already
    in_cents = models.BigIntegerField()
    out_cents = models.BigIntegerField()
    imported_by = models.UUIDField()
    imported_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["-closed_on"], name="statement_recent")]

    def __str__(self) -> str:
        return self.name


class BankLine(models.Model):
    """One transfer to or from our account."""

    class State(models.TextChoices):
        """What became of it."""

        MATCHED = "matched"  # a target is known, the worker books it
        BOOKED = "booked"
        SUGGESTED = "suggested"  # invoice number and exact amount fit: a person decides
        UNMATCHED = "unmatched"
        IGNORED = "ignored"  # not a customer's payment
        REFUNDED = "refunded"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    statement = models.ForeignKey(BankStatement, on_delete=models.PROTECT, related_name="lines")
    position = models.PositiveIntegerField()
    fingerprint = models.BinaryField(unique=True)  # recognises the line in a file that overlaps
    booked_on = models.DateField()
    cents = models.BigIntegerField()  # below zero: from our account
    state = models.CharField(max_length=9, choices=State.choices)
    targets = models.JSONField(default=list)  # [{"rf": …, "cents": … or null}]: what it pays, in this order
    payer = models.BinaryField(null=True)  # sealed name, IBAN and text; empty after 30 days
    payer_hash = models.BinaryField(null=True)
    payer_country = models.CharField(max_length=2, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["state", "-booked_on"], name="bank_line_queue"),
            models.Index(fields=["statement", "position"], name="bank_line_of_statement"),
            models.Index(fields=["booked_on"], name="bank_line_by_day"),
        ]

    def __str__(self) -> str:
        return f"{self.booked_on} {self.id}"


class Allocation(models.Model):
    """Money, or a credit note, that counts towards an invoice or a payment request."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    customer_id = models.UUIDField(null=True)
    line = models.ForeignKey(BankLine, on_delete=models.PROTECT, null=True, related_name="allocations")
    credit = models.ForeignKey(Invoice, on_delete=models.CASCADE, null=True, related_name="spent")
    invoice = models.ForeignKey(Invoice, on_delete=models.CASCADE, null=True, related_name="allocations")
    request_id = models.UUIDField(null=True)
    cents = models.PositiveBigIntegerField()
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(line__isnull=False, credit__isnull=True)
                | models.Q(line__isnull=True, credit__isnull=False),
                name="allocation_has_one_source",
            )
        ]
        indexes = [
            models.Index(fields=["customer_id"], name="allocation_of_customer"),
            models.Index(fields=["request_id"], name="allocation_of_request"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Refund(models.Model):
    """Money that goes back. Where to is sealed, and forgotten once it has been paid."""

    class State(models.TextChoices):
        """How far it is."""

        NEEDS_IBAN = "needs_iban"
        OPEN = "open"
        EXPORTED = "exported"
        PAID = "paid"

    class Reason(models.TextChoices):
        """Why."""

        OVERPAID = "overpaid"
        DUPLICATE = "duplicate"
        CREDIT = "credit"
        WITHDRAWAL = "withdrawal"
        NOT_SOLD = "not_sold"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    customer_id = models.UUIDField(null=True)
    line = models.ForeignKey(BankLine, on_delete=models.PROTECT, null=True, related_name="refunds")
    credit = models.ForeignKey(Invoice, on_delete=models.SET_NULL, null=True, related_name="refunds")
    cents = models.PositiveBigIntegerField()
    reason = models.CharField(max_length=10, choices=Reason.choices)
    state = models.CharField(max_length=10, choices=State.choices)
    sealed = models.BinaryField(null=True)  # {"name", "iban"}
    made_on = models.DateField()
    due_on = models.DateField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["customer_id"], name="refund_of_customer"),
            models.Index(fields=["state", "due_on"], name="refund_queue"),
        ]

    def __str__(self) -> str:
        return f"{self.reason} {self.id}"
