"""Who may be mailed a newsletter, why, and what the mailing platform knows of it (promises 03, 07 and 08).

Platform tables: a subscriber needs no account. The `app` login sees one contact at a time (`newsletters.scope`), the
worker all of them, staff no address at all. `newsletter_audience` (migration 0002) is the one view that says who gets
what; nothing else decides it.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import get_language

FOREVER = datetime(9999, 12, 31, tzinfo=UTC)  # a pause without an end


class Topic(models.Model):
    """What one can subscribe to. Its words are part of what people consent to: they change by migration only."""

    key = models.SlugField(primary_key=True, max_length=20)
    position = models.PositiveSmallIntegerField(default=0)
    name_nl = models.CharField(max_length=60)
    name_en = models.CharField(max_length=60)
    about_nl = models.CharField(max_length=120)
    about_en = models.CharField(max_length=120)

    class Meta:
        ordering = ["position"]

    def __str__(self) -> str:
        return self.name

    def _in_language(self, what: str) -> str:
        return str(getattr(self, f"{what}_{'nl' if (get_language() or 'nl').startswith('nl') else 'en'}"))

    @property
    def name(self) -> str:
        """Return the name in the reader's language."""
        return self._in_language("name")

    @property
    def about(self) -> str:
        """Return what it is and how often, in the reader's language."""
        return self._in_language("about")


class Contact(models.Model):
    """One e-mail address that asked for a newsletter, or that belongs to a paying customer."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    address = models.CharField(max_length=254)
    address_key = models.BinaryField(max_length=32, unique=True)
    user_id = models.UUIDField(null=True)  # the person with an account who has, or had, this address
    language = models.CharField(max_length=5, default="nl", choices=settings.LANGUAGES)
    verified_at = models.DateTimeField(null=True)
    paused_until = models.DateTimeField(null=True)
    erase_asked_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [
            models.Index(fields=["user_id"], name="contact_of_user", condition=models.Q(user_id__isnull=False)),
            models.Index(
                fields=["paused_until"], name="contact_paused", condition=models.Q(paused_until__isnull=False)
            ),
            models.Index(fields=["created_at"], name="contact_unconfirmed", condition=models.Q(verified_at=None)),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Consent(models.Model):
    """One line of the ledger: what was said, in which words, about which topic. Never changed; no IP address."""

    class Action(models.TextChoices):
        """What happened."""

        REQUESTED = "requested"  # somebody typed the address; nothing follows from it
        CONFIRMED = "confirmed"  # the owner of the address pressed the button
        WITHDRAWN = "withdrawn"  # unsubscribed, or a customer's objection
        RESUMED = "resumed"  # a customer took an objection back
        INFORMED = "informed"  # a customer was told, with the way to object, and didn't

    class Basis(models.TextChoices):
        """Article 11.7 of the Dutch Telecommunications Act: consent (1st paragraph) or customer (3rd paragraph)."""

        CONSENT = "consent"
        CUSTOMER = "customer"

    id = models.BigAutoField(primary_key=True)  # in the order of writing: the last line counts
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="consents", db_index=False)
    topic = models.ForeignKey(Topic, on_delete=models.PROTECT, related_name="+", db_index=False)
    action = models.CharField(max_length=9, choices=Action.choices)
    basis = models.CharField(max_length=8, choices=Basis.choices)
    wording = models.TextField()
    wording_version = models.CharField(max_length=20)
    language = models.CharField(max_length=5)
    source = models.CharField(max_length=20)  # which page, mail or system: a key of `newsletters.wording.SOURCES`
    token_hash = models.BinaryField(max_length=32, null=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["contact", "topic", "-id"], name="consent_latest")]

    def __str__(self) -> str:
        return f"{self.action} {self.id}"


class Suppression(models.Model):
    """An address that gets no newsletter whatever lists say: a keyed hash, which outlives the address itself."""

    class Reason(models.TextChoices):
        """Why."""

        BOUNCE = "bounce"
        COMPLAINT = "complaint"
        ERASED = "erased"
        WITHDRAWN = "withdrawn"  # unsubscribed from everything a while ago: the address itself is gone
        MANUAL = "manual"

    address_key = models.BinaryField(primary_key=True, max_length=32)
    reason = models.CharField(max_length=9, choices=Reason.choices)
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.reason


class SyncState(models.Model):
    """What one mailing platform should know of a contact, and what it does know.

    Every cause raises `desired`; a push raises `pushed` to the value it started from. A push leases the row, so that
    one contact is worked on by one process at a time.
    """

    class State(models.TextChoices):
        """How far it is."""

        PENDING = "pending"
        IN_SYNC = "in_sync"
        PENDING_ERASE = "pending_erase"
        ERASED = "erased"
        NEEDS_FORM = "needs_platform_form"  # only the person can come back, through the platform's own form
        ERROR = "error"  # gave up; staff see it

    class There(models.TextChoices):
        """What the platform has, as far as we know."""

        ABSENT = "absent"
        MAYBE = "maybe"  # something was sent and no answer was seen
        ACTIVE = "active"
        UNSUBSCRIBED = "unsubscribed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="syncs", db_index=False)
    provider = models.CharField(max_length=20)
    state = models.CharField(max_length=20, choices=State.choices, default=State.PENDING)
    there = models.CharField(max_length=12, choices=There.choices, default=There.ABSENT)
    desired = models.PositiveIntegerField(default=1)
    pushed = models.PositiveIntegerField(default=0)
    digest = models.BinaryField(max_length=32, null=True)  # of what was last sent
    remote_id = models.CharField(max_length=64, blank=True)
    # Who stands unsubscribed may be put back: after a fresh double opt-in, or when we unsubscribed them ourselves.
    resubscribe = models.BooleanField(default=False)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(default=timezone.now)
    lease = models.UUIDField(null=True)
    leased_until = models.DateTimeField(null=True)
    error = models.CharField(max_length=60, blank=True)  # a code, never what was sent
    seen_run = models.UUIDField(null=True)  # the reconcile that last saw it there
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["contact", "provider"], name="sync_once")]
        indexes = [
            models.Index(
                fields=["provider", "due_at"],
                name="sync_due",
                condition=models.Q(state__in=["pending", "pending_erase"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.state} {self.id}"


class Reconcile(models.Model):
    """One comparison of the platform's whole list with ours: how far, and what was found."""

    class State(models.TextChoices):
        """How far it is."""

        RUNNING = "running"
        DONE = "done"
        HELD = "held"  # far more strangers than can be right: staff look first
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    provider = models.CharField(max_length=20)
    state = models.CharField(max_length=7, choices=State.choices, default=State.RUNNING)
    cursor = models.CharField(max_length=120, blank=True)
    listed = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    released_at = models.DateTimeField(null=True)  # staff said that the strangers may go
    error = models.CharField(max_length=60, blank=True)

    class Meta:
        indexes = [models.Index(fields=["provider", "-started_at"], name="reconcile_recent")]

    def __str__(self) -> str:
        return f"{self.state} {self.id}"


class Drift(models.Model):
    """One difference that a reconcile found, and whether it has been mended."""

    class Kind(models.TextChoices):
        """What differed."""

        STRANGER = "stranger"  # on the platform, unknown here
        REAPPEARED = "reappeared"  # on the platform again after it was erased
        NOT_ENTITLED = "not_entitled"  # on the platform, known here, not in the audience
        MISSING = "missing"  # in the audience, not on the platform
        UNSUBSCRIBED = "unsubscribed"  # unsubscribed there: that wins
        DIFFERS = "differs"  # other topics or language

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    run = models.ForeignKey(Reconcile, on_delete=models.CASCADE, related_name="drifts", db_index=False)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, null=True, related_name="+", db_index=False)
    sealed = models.BinaryField(null=True)  # a stranger's address, until it is gone there
    found_at = models.DateTimeField(default=timezone.now)
    mended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["run", "kind"], name="drift_of_run"),
            models.Index(fields=["contact"], name="drift_of_contact", condition=models.Q(contact__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


class PlatformEvent(models.Model):
    """Something the platform told us (a webhook): which contact to look at again. Never what it said."""

    class Kind(models.TextChoices):
        """What it said happened."""

        UNSUBSCRIBED = "unsubscribed"
        BOUNCED = "bounced"
        COMPLAINED = "complained"
        CHANGED = "changed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    provider = models.CharField(max_length=20)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    digest = models.BinaryField(max_length=32, unique=True)  # of the notice: a replay is known
    address_key = models.BinaryField(max_length=32)
    received_at = models.DateTimeField(default=timezone.now)
    handled_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"
