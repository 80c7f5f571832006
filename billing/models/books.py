"""The company's books: invoices as they were issued, their numbers, and the journal that proves there is no gap.

They are no tenant tables: the law makes us keep them after the account has gone. `customer_id` is the link to the
account, kept in step with it by policies, emptied when the account is erased, and never a foreign key.
"""

from __future__ import annotations

import uuid
from datetime import date, timedelta

from django.db import models
from django.utils import timezone


class VatRate(models.Model):
    """The standard rate of a country from a day on."""

    country = models.CharField(max_length=2)
    rate = models.DecimalField(max_digits=4, decimal_places=1)
    valid_from = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["country", "valid_from"], name="vat_rate_once")]

    def __str__(self) -> str:
        return f"{self.country} {self.rate} % from {self.valid_from}"


class Series(models.Model):
    """The counter of one series of numbers in one year; its row lock is the queue in which invoices are issued."""

    code = models.CharField(max_length=4)
    year = models.PositiveSmallIntegerField()
    last_no = models.PositiveIntegerField(default=0)
    last_date = models.DateField(null=True)
    last_hash = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["code", "year"], name="series_once")]

    def __str__(self) -> str:
        return f"{self.code}-{self.year}"


class Invoice(models.Model):
    """An issued invoice or credit note. There are no drafts: a row is issued the moment it exists, and then fixed.

    The database refuses every change but `sent_at`, `pdf_key`, `pdf_sha256` and emptying `customer_id`, and every
    deletion until `retain_until` has passed. Amounts of a credit note are positive; its kind says what they mean.
    """

    class Kind(models.TextChoices):
        """What it is."""

        INVOICE = "invoice"
        CREDIT = "credit"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    customer_id = models.UUIDField(null=True)
    kind = models.CharField(max_length=7, choices=Kind.choices)
    series = models.CharField(max_length=4)
    year = models.PositiveSmallIntegerField()
    no = models.PositiveIntegerField()
    number = models.CharField(max_length=20)
    issued_on = models.DateField()
    due_on = models.DateField()
    period_start = models.DateField(null=True)
    period_end = models.DateField(null=True)  # first day after it
    seller = models.JSONField()
    buyer = models.JSONField()
    buyer_reference = models.CharField(max_length=60)
    customer_no = models.PositiveIntegerField()
    treatment = models.CharField(max_length=7)
    reason = models.CharField(max_length=120, blank=True)
    lines = models.JSONField()
    vat = models.JSONField()
    net_cents = models.PositiveBigIntegerField()
    vat_cents = models.PositiveBigIntegerField()
    gross_cents = models.PositiveBigIntegerField()
    credits = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="credit_notes")
    rf = models.CharField(max_length=25)
    paid_on = models.DateField(null=True)  # set when it was paid before it was issued
    language = models.CharField(max_length=5)
    evidence = models.JSONField(default=dict)  # of the customer's country, for OSS: two letters each
    ubl = models.TextField()
    cii = models.TextField()
    sha256 = models.BinaryField()
    retain_until = models.DateField()
    pdf_key = models.CharField(max_length=80, blank=True)
    pdf_sha256 = models.BinaryField(null=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["series", "year", "no"], name="invoice_number_once"),
            models.CheckConstraint(
                condition=models.Q(gross_cents=models.F("net_cents") + models.F("vat_cents")), name="invoice_adds_up"
            ),
            models.CheckConstraint(
                condition=models.Q(kind="invoice", credits__isnull=True)
                | models.Q(kind="credit", credits__isnull=False),
                name="credit_note_names_its_invoice",
            ),
        ]
        indexes = [
            models.Index(fields=["customer_id", "-issued_on"], name="invoice_of_customer"),
            models.Index(fields=["retain_until"], name="invoice_retention"),
            models.Index(fields=["issued_on"], name="invoice_by_day"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def last_day(self) -> date | None:
        """The last day of its period."""
        return self.period_end - timedelta(days=1) if self.period_end else None

    @property
    def credit(self) -> bool:
        """Whether it is a credit note."""
        return self.kind == self.Kind.CREDIT


class Journal(models.Model):
    """One row per number ever given out, without personal data: it outlives the invoice and proves there is no gap.

    `chain` is sha256(former chain || sha256 of the UBL || number): no row can be changed or left out unseen. Written
    by the database's own trigger only.
    """

    series = models.CharField(max_length=4)
    year = models.PositiveSmallIntegerField()
    no = models.PositiveIntegerField()
    issued_on = models.DateField()
    kind = models.CharField(max_length=7)
    gross_cents = models.BigIntegerField()
    sha256 = models.BinaryField()
    chain = models.BinaryField()
    erased_on = models.DateField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["series", "year", "no"], name="journal_once")]

    def __str__(self) -> str:
        return f"{self.series}-{self.year}-{self.no}"


class PaymentReference(models.Model):
    """Whose RF reference it is, and what it pays: found by the reference, before any account is known."""

    rf = models.CharField(max_length=25, primary_key=True)
    customer_id = models.UUIDField(null=True)
    request_id = models.UUIDField(null=True)
    invoice_id = models.UUIDField(null=True)
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["customer_id"], name="reference_of_customer")]

    def __str__(self) -> str:
        return self.rf
