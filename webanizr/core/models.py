"""What every tenant table shares, and the platform's own tables: outbox, jobs, outgoing mail, transfers.

Serves promise 12: a row belongs to one account for ever; promise 02: mails are rows that go when they are sent; and
promise 06: what left for a processor is a row that the person can see.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models.expressions import Col
from django.db.models.lookups import Exact
from django.db.models.sql.where import WhereNode
from django.utils import timezone

from webanizr.core import tenancy

if TYPE_CHECKING:
    from accounts.models import Account


class TenantForeignKey(models.ForeignKey):  # type: ignore[type-arg]  # a generic subclass breaks Django's migrations
    """A foreign key between two tenant tables: joins also match on the account.

    The database's own constraint is (account_id, x_id), made by `tenancy.TenantTable`: PostgreSQL checks foreign keys
    without row-level security, so a single-column key would let one account point at another's row.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["db_constraint"] = False
        kwargs["db_index"] = False  # indexes lead with account_id and are declared by the model
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        """Keep the class in migrations, so that the operation knows the field."""
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("db_index", None)
        return name, path, args, kwargs

    def get_extra_restriction(self, alias: str | None, related_alias: str | None) -> WhereNode:
        """Add `account_id = account_id` to every join."""
        ours = self.model._meta.get_field("account")
        theirs = self.remote_field.model._meta.get_field("account")
        columns: Any = Exact(Col(alias, ours), Col(related_alias, theirs))  # type: ignore[arg-type]  # fields of tables
        return WhereNode([columns])

    def get_extra_descriptor_filter(self, instance: models.Model) -> dict[str, Any]:
        """Look the related object up within the instance's account."""
        return {"account_id": instance.account_id}  # type: ignore[attr-defined]  # every tenant model has it


class TenantModel(models.Model):
    """A row of one account. `account` is set once and never changes."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    account: models.ForeignKey[Account, Account] = models.ForeignKey(
        "accounts.Account", on_delete=models.CASCADE, related_name="+", db_index=False, editable=False
    )

    class Meta:
        abstract = True

    if TYPE_CHECKING:
        account_id: uuid.UUID

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Fill in the current account for a new row; raises NoTenant when none is chosen."""
        if not self.account_id:
            self.account_id = tenancy.current_account_id()
        super().save(*args, **kwargs)

    def _do_update(self, base_qs: Any, using: Any, pk_val: Any, values: Any, *args: Any) -> Any:
        # The account leads every index, and is never written again.
        values = [value for value in values if value[0].name != "account"]
        base_qs = base_qs.filter(account_id=self.account_id)
        return super()._do_update(base_qs, using, pk_val, values, *args)


class Outbox(TenantModel):
    """A side effect that waits for its transaction's commit: which task, with which ids. Never content."""

    class State(models.TextChoices):
        """How far a row is."""

        PENDING = "pending"
        LEASED = "leased"
        DONE = "done"
        DEAD = "dead"

    task = models.CharField(max_length=120)
    args = models.JSONField(default=dict)
    state = models.CharField(max_length=8, choices=State.choices, default=State.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(default=timezone.now)
    leased_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["account", "state", "due_at"], name="outbox_due"),
        ]

    def __str__(self) -> str:
        return f"{self.task} {self.id}"


class Job(TenantModel):
    """Long work that a person waits for: step i of n and words. Polled by its page; leaving the page is fine."""

    class State(models.TextChoices):
        """How far the work is."""

        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    kind = models.CharField(max_length=40)
    params = models.JSONField(default=dict)
    state = models.CharField(max_length=8, choices=State.choices, default=State.QUEUED)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    message = models.CharField(max_length=120, blank=True)
    result_key = models.CharField(max_length=200, blank=True)
    result_bytes = models.PositiveBigIntegerField(default=0)
    created_by = models.UUIDField()
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["account", "-created_at"], name="job_recent")]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"

    @property
    def finished(self) -> bool:
        """Whether nothing more happens to it."""
        return self.state in (self.State.DONE, self.State.FAILED)


class Mail(TenantModel):
    """A mail that waits to be sent: its address and words are sealed, and the row goes when the mail has gone."""

    template = models.CharField(max_length=60)
    language = models.CharField(max_length=5, default="nl")
    sealed = models.BinaryField()
    created_at = models.DateTimeField(default=timezone.now)
    # An attempt whose end nobody saw yet: the provider's own report decides whether there is a second one.
    attempted_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["account", "created_at"], name="mail_waiting")]

    def __str__(self) -> str:
        return f"{self.template} {self.id}"


class Transfer(models.Model):
    """Something about a person left for a processor: when, to whom, which fields, why. Never the values.

    About a person and not about an account, so it is a control table: somebody who only subscribed has no account.
    `times` counts what is added up by the day; `sent` is False when the other side was never reached.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person_id = models.UUIDField()
    processor = models.CharField(max_length=30)
    purpose = models.CharField(max_length=40)
    fields = models.JSONField(default=list)
    at = models.DateTimeField(default=timezone.now)
    last_at = models.DateTimeField(default=timezone.now)
    times = models.PositiveIntegerField(default=1)
    sent = models.BooleanField(default=True)

    class Meta:
        indexes = [
            models.Index(fields=["person_id", "-at"], name="transfer_of_person"),
            models.Index(fields=["at"], name="transfer_age"),
        ]

    def __str__(self) -> str:
        return f"{self.processor} {self.id}"


class Alarm(TenantModel):
    """Something that shouldn't happen, for staff to look at: a code, and the id of what it happened to."""

    code = models.CharField(max_length=80)
    object_id = models.UUIDField()
    count = models.PositiveIntegerField(default=1)
    first_at = models.DateTimeField(default=timezone.now)
    last_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "code", "object_id"], name="alarm_once")]

    def __str__(self) -> str:
        return f"{self.code} {self.object_id}"

    @classmethod
    def of(cls, code: str, object_id: uuid.UUID, now: datetime) -> Alarm:
        """Return a new alarm of the current account."""
        return cls(account_id=tenancy.current_account_id(), code=code, object_id=object_id, first_at=now, last_at=now)


class Objection(models.Model):
    """A person said no to a processor that isn't needed to serve them (the statistics): nothing more is sent to it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person_id = models.UUIDField()
    processor = models.CharField(max_length=30)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person_id", "processor"], name="objection_once")]

    def __str__(self) -> str:
        return f"{self.processor} {self.id}"


class MailEvent(TenantModel):
    """What the mail provider reported about a mail. The address is sealed, and gone once the report was handled."""

    class Kind(models.TextChoices):
        """What happened."""

        DELIVERED = "delivered"
        HARD_BOUNCE = "hard_bounce"
        COMPLAINT = "complaint"

    event_key = models.CharField(max_length=64)
    kind = models.CharField(max_length=11, choices=Kind.choices)
    sealed = models.BinaryField(null=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "event_key"], name="mail_event_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


class MailStop(models.Model):
    """An address that mail bounces from, as a keyed hash; `stopped` when no mail at all goes there any more."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    address_hash = models.BinaryField(max_length=32, unique=True)
    hard_bounces = models.PositiveIntegerField(default=0)
    stopped = models.BooleanField(default=False)
    last_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return str(self.id)
