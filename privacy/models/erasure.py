"""Requests to erase, their frozen plan step by step, and how far the ledger outside the database has been followed.

Numbers, states and counts only, so that these rows may outlive the subject. What names somebody while the work goes on
(addresses, session keys) is sealed in `ErasureSecret` and goes with the last step. Serves promise 08.
"""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class ErasureRequest(models.Model):
    """One request: what is to be erased, from when, until when at the latest."""

    class State(models.TextChoices):
        """How far it is."""

        RECEIVED = "received", _("Received")  # the eraser is about to make the plan
        COOLING_OFF = "cooling_off", _("Time to reconsider")
        RUNNING = "running", _("Being erased")
        DONE = "done", _("Done")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    OPEN = (State.RECEIVED, State.COOLING_OFF, State.RUNNING)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    reference = models.CharField(max_length=10, unique=True)
    scope = models.CharField(max_length=10)
    subject_id = models.UUIDField()
    account_ref = models.UUIDField(null=True)  # no foreign key: the row outlives the account
    requested_by = models.UUIDField(null=True)
    chosen = models.JSONField(default=list)  # numbers of the submissions of one visitor
    paused = models.JSONField(default=list)  # numbers of the websites that were online before
    state = models.CharField(max_length=11, choices=State.choices, default=State.RECEIVED)
    requested_at = models.DateTimeField(default=timezone.now)
    starts_at = models.DateTimeField()
    deadline = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    replay_of = models.PositiveIntegerField(null=True)  # a line of the ledger, after a restored backup
    plan_hash = models.CharField(max_length=64, blank=True)
    step_count = models.PositiveSmallIntegerField(default=0)
    certificate = models.JSONField(null=True)
    signature = models.CharField(max_length=128, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["account_ref", "requested_at"], name="erasure_of_account"),
            models.Index(fields=["requested_by", "requested_at"], name="erasure_of_person"),
            models.Index(
                fields=["starts_at"],
                name="erasure_open",
                condition=models.Q(state__in=["received", "cooling_off", "running"]),
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class ErasureSecret(models.Model):
    """What the eraser alone needs and nobody may keep: addresses, former ones too, and whom to send the certificate."""

    request = models.OneToOneField(ErasureRequest, on_delete=models.CASCADE, primary_key=True, related_name="secret")
    sealed = models.BinaryField()

    def __str__(self) -> str:
        return str(self.request_id)


class ErasureStep(models.Model):
    """One thing to erase in one system. Look, act, look: it ends only as verified absent, or as kept by law."""

    class State(models.TextChoices):
        """How far it is."""

        PENDING = "pending", _("Waiting")
        LEASED = "leased", _("Busy")
        SUBMITTED = "submitted", _("Asked; we look again")
        DONE = "done", _("Done; not looked at again yet")
        VERIFIED = "verified", _("Checked")
        RETAINED = "retained", _("Stays")
        RETRY = "retry", _("Tries again")
        BLOCKED = "blocked", _("Stands still")

    FINAL = (State.VERIFIED, State.RETAINED)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = models.ForeignKey(ErasureRequest, on_delete=models.CASCADE, related_name="steps", db_index=False)
    position = models.PositiveSmallIntegerField()
    stage = models.PositiveSmallIntegerField()  # begins when every step of the stages before has ended
    kind = models.CharField(max_length=12)
    target = models.CharField(max_length=120, blank=True)  # a table's label, a system's kind, a prefix
    args = models.JSONField(default=dict)  # numbers of rows and accounts
    state = models.CharField(max_length=9, choices=State.choices, default=State.PENDING)
    expected = models.PositiveIntegerField(default=0)
    erased = models.PositiveIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(default=timezone.now)
    lease = models.UUIDField(null=True)
    leased_until = models.DateTimeField(null=True)
    cause = models.CharField(max_length=60, blank=True)
    evidence = models.JSONField(default=list)
    law = models.CharField(max_length=120, blank=True)
    until = models.DateField(null=True)
    reopened = models.PositiveSmallIntegerField(default=0)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["request", "position"], name="erasure_step_once")]
        ordering = ["request", "position"]

    def __str__(self) -> str:
        return f"{self.kind} {self.target}"

    @property
    def final(self) -> bool:
        """Whether it has ended."""
        return self.state in self.FINAL


class ErasureEvent(models.Model):
    """What people did about a request, and what they were told: append-only, numbers and codes."""

    class Kind(models.TextChoices):
        """What happened."""

        ALARM_3 = "alarm_3", _("Staff told: 3 days")
        ALARM_14 = "alarm_14", _("Staff told: 14 days")
        ALARM_21 = "alarm_21", _("Staff told: 21 days")
        REMINDED = "reminded", _("Person reminded that it is about to begin")
        RETRIED = "retried", _("Tried again at once")
        EXTENDED = "extended", _("Term extended by two months")
        TOLD = "told", _("Person told of the longer term, and why")

    class Reason(models.TextChoices):
        """Why the term is extended: article 12.3 GDPR allows it for what is complex or comes in great number."""

        SYSTEM = "system", _("A system outside Webanizr doesn't let us erase yet, and we don't skip it.")
        COMPLEX = "complex", _("Your request covers unusually many data in unusually many places.")
        MANY = "many", _("We have to handle several requests of yours at the same time.")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # the migration makes the constraint: it can't be validated through row-level security
    request = models.ForeignKey(ErasureRequest, on_delete=models.CASCADE, related_name="events", db_constraint=False)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    reason = models.CharField(max_length=10, choices=Reason.choices, blank=True)
    actor_id = models.UUIDField(null=True)  # one of Webanizr's people; None: by itself
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["request", "kind"], condition=~models.Q(kind="retried"), name="erasure_event_once"
            )
        ]
        ordering = ["at"]

    def __str__(self) -> str:
        return self.kind


class LedgerPosition(models.Model):
    """A line of the ledger that this database has followed; the ledger is in storage (`privacy.erasure.ledger`)."""

    seq = models.PositiveIntegerField(primary_key=True)
    request_ref = models.UUIDField(unique=True)
    digest = models.CharField(max_length=64)
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return str(self.seq)
