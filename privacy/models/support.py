"""Questions that customers ask Webanizr. What a customer writes can imply consent, so it never changes (promise 11)."""

from __future__ import annotations

from django.db import models
from django.db.models import Func, Q, Value
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from webanizr.core.models import TenantForeignKey, TenantModel


class SupportQuestion(TenantModel):
    """A question of a member, with what it is about. `implied_refused`: "ask me first", for this question alone."""

    # drawn from one sequence, so that a customer and a member of staff mean the same one by #1042
    number = models.PositiveIntegerField(db_default=Func(Value("privacy_question_number"), function="nextval"))
    subject = models.CharField(_("Subject"), max_length=120)
    asked_by = models.UUIDField()
    site_id = models.UUIDField(null=True)
    form_id = models.UUIDField(null=True)
    submission_id = models.UUIDField(null=True)
    implied_refused = models.BooleanField(_("Always ask me first"), default=False)
    waits_for_staff = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now)
    last_message_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.UUIDField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "number"], name="question_number_once")]
        indexes = [
            models.Index(fields=["account", "-last_message_at"], name="question_recent"),
            models.Index(fields=["account", "closed_at"], condition=Q(closed_at__isnull=False), name="question_closed"),
        ]

    def __str__(self) -> str:
        return f"#{self.number}"


class SupportMessage(TenantModel):
    """One message of a question: by a member, or by staff, and never changed. `internal`: a note among staff.

    Its author's number goes when the author is erased; `by_staff` stays.
    """

    question = TenantForeignKey(SupportQuestion, on_delete=models.CASCADE, related_name="messages")
    by_staff = models.BooleanField(default=False)
    member_id = models.UUIDField(null=True)
    staff_id = models.UUIDField(null=True)
    body = models.TextField(_("Your message"), max_length=5000)
    internal = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["account", "question", "created_at"], name="message_of_question")]
        constraints = [
            models.CheckConstraint(
                condition=Q(by_staff=True, member_id=None) | Q(by_staff=False, staff_id=None),
                name="message_has_one_author",
            ),
            models.CheckConstraint(condition=Q(internal=False) | Q(by_staff=True), name="only_staff_write_notes"),
        ]

    def __str__(self) -> str:
        return str(self.id)
