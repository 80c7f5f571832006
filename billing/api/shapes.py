"""The shapes of billing's API. Amounts are integer cents; days are in Amsterdam."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from billing import questions
from billing.forms import ProfileForm
from billing.models import BillingProfile, PaymentRequest, Refund, Subscription
from billing.plans import MONTH, PLANS, YEAR, Plan
from billing.references import grouped
from billing.selectors import effective_plan, requested_cents, today
from billing.seller import account_name, iban
from billing.services.subscriptions import may_withdraw

PAID = [plan.code for plan in PLANS.values() if plan.paid]


class PlanShape(serializers.Serializer[Any]):
    """A plan, its prices ex VAT, and what it has room for."""

    code = serializers.CharField()
    name = serializers.CharField()
    month_cents = serializers.IntegerField()
    year_cents = serializers.IntegerField()
    limits = serializers.SerializerMethodField()

    def get_limits(self, plan: Plan) -> dict[str, int]:
        """What it has room for."""
        return dict(vars(plan.limits))


class SubscriptionShape(serializers.Serializer[Any]):
    """The subscription; an account that never bought anything is on the free plan."""

    plan = serializers.SerializerMethodField()
    bought = serializers.CharField(source="plan")
    state = serializers.CharField()
    interval = serializers.CharField()
    net_cents = serializers.IntegerField()
    period_start = serializers.DateField()
    period_end = serializers.DateField()
    paid_until = serializers.DateField()
    next_plan = serializers.CharField()
    next_interval = serializers.CharField()
    ends_on = serializers.DateField()
    may_withdraw = serializers.SerializerMethodField()
    limits = serializers.SerializerMethodField()

    def get_plan(self, found: Subscription) -> str:
        """The plan whose limits hold now."""
        return effective_plan(found).code

    def get_may_withdraw(self, found: Subscription) -> bool:
        """Whether the purchase may be withdrawn from."""
        return may_withdraw(found, now=today())

    def get_limits(self, found: Subscription) -> dict[str, int]:
        """What the account may do now."""
        return dict(vars(effective_plan(found).limits))


class ProfileShape(serializers.ModelSerializer[BillingProfile]):
    """What stands on the invoices, and nothing else."""

    class Meta:
        model = BillingProfile
        fields = [*ProfileForm.base_fields, "customer_no", "vat_check"]
        read_only_fields = ["customer_no", "vat_check"]


class Choice(serializers.Serializer[Any]):
    """A plan and how often to pay."""

    plan = serializers.ChoiceField(choices=PAID)
    interval = serializers.ChoiceField(choices=[MONTH, YEAR])


class Purchase(Choice):
    """A purchase; `answers` to what other parts ask then, by name (`no_newsletter`)."""

    on_terms = serializers.BooleanField(default=False)
    answers = serializers.DictField(child=serializers.BooleanField(), default=dict)

    def validate_answers(self, value: dict[str, bool]) -> dict[str, bool]:
        """Refuse answers to what isn't asked."""
        unknown = set(value) - {question.name for question in questions.QUESTIONS}
        if unknown:
            raise serializers.ValidationError(f"Nobody asks {', '.join(sorted(unknown))}.")
        return value


class RequestShape(serializers.ModelSerializer[PaymentRequest]):
    """A payment request with everything that a transfer takes."""

    left_cents = serializers.SerializerMethodField()
    transfer = serializers.SerializerMethodField()

    class Meta:
        model = PaymentRequest
        fields = [
            "id", "code", "plan", "interval", "state", "net_cents", "vat_cents", "gross_cents", "vat_rate", "made_at",
            "expires_on", "paid_on", "left_cents", "transfer",
        ]  # fmt: skip

    def get_left_cents(self, found: PaymentRequest) -> int:
        """What is still to be paid."""
        return requested_cents(found)

    def get_transfer(self, found: PaymentRequest) -> dict[str, str]:
        """Where to, and with which reference."""
        return {"iban": grouped(iban()), "name": account_name(), "reference": grouped(found.rf)}


class InvoiceShape(serializers.Serializer[Any]):
    """An invoice or credit note, as it was issued; `open_cents` is what is left of it."""

    id = serializers.UUIDField(source="invoice.id")
    number = serializers.CharField(source="invoice.number")
    kind = serializers.CharField(source="invoice.kind")
    issued_on = serializers.DateField(source="invoice.issued_on")
    due_on = serializers.DateField(source="invoice.due_on")
    period_start = serializers.DateField(source="invoice.period_start")
    period_end = serializers.DateField(source="invoice.period_end")
    lines = serializers.JSONField(source="invoice.lines")
    vat = serializers.JSONField(source="invoice.vat")
    net_cents = serializers.IntegerField(source="invoice.net_cents")
    vat_cents = serializers.IntegerField(source="invoice.vat_cents")
    gross_cents = serializers.IntegerField(source="invoice.gross_cents")
    open_cents = serializers.IntegerField()
    credits = serializers.UUIDField(source="invoice.credits_id")
    reference = serializers.CharField(source="invoice.rf")


class RefundShape(serializers.ModelSerializer[Refund]):
    """Money on its way back."""

    class Meta:
        model = Refund
        fields = ["id", "cents", "state", "due_on"]


class AccountNumber(serializers.Serializer[Any]):
    """Where a refund goes."""

    name = serializers.CharField(max_length=70)
    iban = serializers.CharField(max_length=42)
