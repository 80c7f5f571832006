"""Which plan an account has and until when it is paid (promises 03 and 04)."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from billing.plans import FREE, YEAR
from webanizr.core.models import TenantModel


class Subscription(TenantModel):
    """An account's one subscription. No row is the same as the free plan: a new account has none.

    The plan counts in the states active and past_due; in all others the free plan's limits hold (`selectors.plan_of`).
    Periods are half-open: `period_end` is the first day that no longer belongs to it, in Europe/Amsterdam.
    """

    class State(models.TextChoices):
        """How far the subscription is; see docs/billing.md."""

        FREE = "free"
        PENDING = "pending"  # waits for the first payment
        ACTIVE = "active"
        PAST_DUE = "past_due"  # an invoice is open beyond its term and the days of grace
        SUSPENDED = "suspended"  # free limits hold, nothing is deleted
        ENDED = "ended"

    plan = models.CharField(max_length=10, default=FREE.code)  # a code of billing.plans
    interval = models.CharField(max_length=5, default=YEAR)
    state = models.CharField(max_length=9, choices=State.choices, default=State.FREE)
    net_cents = models.PositiveIntegerField(default=0)  # agreed price of one period, ex VAT
    anchor_day = models.PositiveSmallIntegerField(default=1)  # 1–31: periods start on it, or on a short month's last
    period_start = models.DateField(null=True)
    period_end = models.DateField(null=True)
    paid_until = models.DateField(null=True)  # first day that isn't paid for
    next_plan = models.CharField(max_length=10, blank=True)  # from period_end on; "free" when it was cancelled
    next_interval = models.CharField(max_length=5, blank=True)
    consumer = models.BooleanField(default=False)  # was sold to a consumer: withdrawal, monthly cancellation
    contracted_on = models.DateField(null=True)  # the sale; withdrawal counts from here
    first_term_end = models.DateField(null=True)  # from here on a consumer may cancel by the month
    invoiced_until = models.DateField(null=True)  # first day that no invoice covers
    ends_on = models.DateField(null=True)  # cancelled: from this day on the account is free
    suspended_on = models.DateField(null=True)
    withdrawn_on = models.DateField(null=True)
    checked_on = models.DateField(null=True)  # the day of the last daily look
    unused = models.JSONField(null=True)  # of the former plan: {"plan", "cents", "start", "end"}, for the next invoice
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account"], name="subscription_once"),
            models.CheckConstraint(condition=models.Q(anchor_day__range=(1, 31)), name="subscription_anchor"),
            models.CheckConstraint(
                condition=models.Q(state="free") | ~models.Q(plan=FREE.code), name="subscription_plan_has_state"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.plan} {self.state}"
