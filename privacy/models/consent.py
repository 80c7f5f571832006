"""Requests, grants and sessions of access to what a customer collects (promises 10 and 11).

The database decides what each of them allows: `privacy/sql/`. Scopes name rows of `sites` by number only, so that
deleting a submission is never held up by a grant that once named it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Length, Trim
from django.db.models.lookups import GreaterThanOrEqual
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from privacy.models.support import SupportMessage, SupportQuestion
from webanizr.core.models import TenantForeignKey, TenantModel


class Action(models.TextChoices):
    """What staff may do with what was collected; each is consented to by name."""

    VIEW = "view", _("Read")
    CHANGE = "change", _("Change")
    EXPORT = "export", _("Export")


class Source(models.TextChoices):
    """Where consent comes from: given in so many words, or in the customer's own question."""

    EXPLICIT = "explicit", _("Given by you")
    QUESTION = "question", _("In your own question")


class RequestState(models.TextChoices):
    """What became of a request; silence is no."""

    PENDING = "pending", _("Waiting for an answer")
    GRANTED = "granted", _("Allowed")
    REFUSED = "refused", _("Refused")
    EXPIRED = "expired", _("Not answered in time")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class Xid8Field(models.Field):  # type: ignore[type-arg]  # generic in its stubs only
    """The number of the transaction that wrote a row (PostgreSQL's xid8): only the database reads it."""

    def db_type(self, connection: Any) -> str:
        """Return PostgreSQL's type."""
        return "xid8"


def transaction_number() -> Func:
    """Return the default of such a column."""
    return Func(function="pg_current_xact_id")


def known_actions(prefix: str) -> models.CheckConstraint:
    """Return the rule that actions are known ones, and that who may do more may also read."""
    return models.CheckConstraint(
        condition=Q(actions__contained_by=Action.values) & Q(actions__contains=[Action.VIEW]),
        name=f"{prefix}_actions_known",
    )


def narrow_scope(prefix: str) -> models.CheckConstraint:
    """Return the rule that a submission is named together with its form."""
    return models.CheckConstraint(
        condition=Q(submission_id=None) | Q(form_id__isnull=False), name=f"{prefix}_submission_has_form"
    )


def long_enough(prefix: str) -> models.CheckConstraint:
    """Return the rule that a reason says something: ten characters at least."""
    return models.CheckConstraint(
        condition=GreaterThanOrEqual(Length(Trim("reason")), 10),
        name=f"{prefix}_reason_says_something",
    )


class AccessRequest(TenantModel):
    """Staff ask, for one question: what, why, for how long. Unanswered after 72 hours is refused."""

    question = TenantForeignKey(SupportQuestion, on_delete=models.CASCADE, related_name="requests")
    staff_id = models.UUIDField()
    site_id = models.UUIDField()
    form_id = models.UUIDField(null=True)
    submission_id = models.UUIDField(null=True)
    actions = ArrayField(models.CharField(max_length=6, choices=Action.choices))
    hours = models.PositiveSmallIntegerField(default=24)
    reason = models.CharField(max_length=500)
    state = models.CharField(max_length=9, choices=RequestState.choices, default=RequestState.PENDING)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    answered_by = models.UUIDField(null=True)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["account", "question"], name="request_of_question"),
            models.Index(fields=["account", "expires_at"], condition=Q(state="pending"), name="request_pending"),
        ]
        constraints = [
            known_actions("request"),
            narrow_scope("request"),
            long_enough("request"),
            models.CheckConstraint(condition=Q(hours__gte=1, hours__lte=168), name="request_week_at_most"),
        ]

    def __str__(self) -> str:
        return f"{self.state} {self.id}"


class AccessGrant(TenantModel):
    """Consent: who gave it, to what, until when, in which words. Withdrawing is for good."""

    question = TenantForeignKey(SupportQuestion, on_delete=models.CASCADE, null=True, related_name="grants")
    request = TenantForeignKey(AccessRequest, on_delete=models.CASCADE, null=True, related_name="grants")
    site_id = models.UUIDField()
    form_id = models.UUIDField(null=True)
    submission_id = models.UUIDField(null=True)
    actions = ArrayField(models.CharField(max_length=6, choices=Action.choices))
    source = models.CharField(max_length=8, choices=Source.choices)
    message = TenantForeignKey(SupportMessage, on_delete=models.CASCADE, null=True, related_name="+")
    quote = models.CharField(max_length=1000, blank=True)
    wording = models.CharField(max_length=20)  # which text the customer read: privacy.wording
    granted_by = models.UUIDField()
    staff_id = models.UUIDField(null=True)  # the one who may use it; none: whoever answers the question
    granted_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.UUIDField(null=True)
    ended_at = models.DateTimeField(null=True)  # when its end was written in the log

    class Meta:
        indexes = [
            models.Index(fields=["account", "question"], name="grant_of_question"),
            models.Index(fields=["account", "request"], name="grant_of_request"),
            models.Index(fields=["account", "message"], name="grant_of_message"),
            models.Index(fields=["account", "expires_at"], condition=Q(ended_at=None), name="grant_open"),
        ]
        constraints = [
            known_actions("grant"),
            narrow_scope("grant"),
            models.CheckConstraint(
                condition=Q(expires_at__lte=F("granted_at") + timedelta(days=7)), name="grant_week_at_most"
            ),
            models.CheckConstraint(
                condition=Q(source=Source.EXPLICIT)  # type: ignore[arg-type]  # a lookup is an expression
                | Q(
                    expires_at__lte=F("granted_at") + timedelta(hours=72),
                    message__isnull=False,
                    question__isnull=False,
                    form_id__isnull=False,
                    actions=[Action.VIEW],
                )
                & GreaterThanOrEqual(Length("quote"), 15),
                name="grant_implied_is_narrow",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.id}"


class AccessSession(TenantModel):
    """Staff look, on one grant, for half an hour at most. Only the database's own function makes one."""

    grant = TenantForeignKey(AccessGrant, on_delete=models.CASCADE, related_name="sessions")
    staff_id = models.UUIDField()
    action = models.CharField(max_length=6, choices=Action.choices)
    reason = models.CharField(max_length=300)
    opened_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    opened_xid = Xid8Field(db_default=transaction_number())

    class Meta:
        indexes = [
            models.Index(fields=["account", "grant"], name="session_of_grant"),
            models.Index(fields=["account", "expires_at"], condition=Q(closed_at=None), name="session_open"),
        ]
        constraints = [
            long_enough("session"),
            models.CheckConstraint(
                condition=Q(expires_at__lte=F("opened_at") + timedelta(minutes=30)), name="session_half_hour_at_most"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.id}"


class ConsentSetting(TenantModel):
    """What the account wants about implied consent: a row exists once somebody chose."""

    never_implied = models.BooleanField(default=False)
    changed_by = models.UUIDField()
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account"], name="consent_setting_once")]

    def __str__(self) -> str:
        return str(self.id)
