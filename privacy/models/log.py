"""The log of access: numbers only, a chain of hashes per account, written by the database alone (promise 11)."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from privacy.models.consent import Xid8Field, transaction_number


class Event(models.TextChoices):
    """What can happen. The codes are part of the chain's hashes: never rename one."""

    REQUESTED = "requested", _("Permission asked")
    WITHDRAWN = "withdrawn", _("Request withdrawn")
    REFUSED = "refused", _("Request refused")
    UNANSWERED = "unanswered", _("Request not answered in time")
    GRANTED = "granted", _("Permission given")
    IMPLIED = "implied", _("Permission in the question")
    REVOKED = "revoked", _("Permission withdrawn")
    EXPIRED = "expired", _("Permission ended")
    OPENED = "opened", _("Look-in started")
    VIEWED = "viewed", _("Submission read")
    FILE_VIEWED = "file_viewed", _("File opened")
    CHANGED = "changed", _("Submission changed")
    EXPORTED = "exported", _("Submissions exported")
    CLOSED = "closed", _("Look-in ended")
    NEVER_IMPLIED = "never_implied", _("Always ask first: on")
    MAY_IMPLY = "may_imply", _("Always ask first: off")


class By(models.TextChoices):
    """Who did it."""

    STAFF = "staff", "Webanizr"
    MEMBER = "member", _("You or a colleague")
    SYSTEM = "system", _("By itself")


class AccessLog(models.Model):
    """One line. No login may add, change or delete one: triggers and functions of the database write it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    account_id = models.UUIDField()  # no foreign key: the line stays, numbers only, when the account is erased
    seq = models.PositiveBigIntegerField()
    at = models.DateTimeField(default=timezone.now)
    event = models.CharField(max_length=16, choices=Event.choices)
    by = models.CharField(max_length=6, choices=By.choices)
    actor_id = models.UUIDField(null=True)
    question_id = models.UUIDField(null=True)
    request_id = models.UUIDField(null=True)
    grant_id = models.UUIDField(null=True)
    session_id = models.UUIDField(null=True)
    site_id = models.UUIDField(null=True)
    form_id = models.UUIDField(null=True)
    submission_id = models.UUIDField(null=True)
    # of submissions exported, of sessions that a withdrawal closed; which file of the submission was opened
    number = models.PositiveIntegerField(null=True)
    before = models.BinaryField(null=True)  # SHA-256 of the stored bytes before and after a change
    after = models.BinaryField(null=True)
    previous = models.BinaryField()
    hash = models.BinaryField()
    xid = Xid8Field(db_default=transaction_number())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account_id", "seq"], name="log_line_once")]
        indexes = [
            models.Index(
                fields=["account_id", "session_id", "submission_id"],
                condition=Q(session_id__isnull=False),
                name="log_of_session",
            )
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.event}"
