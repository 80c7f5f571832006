"""The processing agreement as an owner accepted it, and announced changes of who works for us (promise 09)."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from webanizr.core.models import TenantModel


class AgreementAcceptance(TenantModel):
    """One version, accepted by an owner: who, when, and the fingerprint of the very words. Never changed."""

    version = models.CharField(max_length=10)
    language = models.CharField(max_length=5)
    fingerprint = models.BinaryField()  # SHA-256 of the text
    customer = models.CharField(max_length=80)  # the business by its name of that day
    accepted_by = models.UUIDField()
    accepted_name = models.CharField(max_length=80)
    accepted_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "version"], name="agreement_version_once")]

    def __str__(self) -> str:
        return f"{self.version} {self.id}"


class ProcessorChange(models.Model):
    """A change of who processes data, announced beforehand. Everybody may read it; only a deployment writes it."""

    class Kind(models.TextChoices):
        """What changes."""

        ADDED = "added", _("New")
        CHANGED = "changed", _("Changed")
        REMOVED = "removed", _("Stops")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    party = models.CharField(max_length=80)
    kind = models.CharField(max_length=7, choices=Kind.choices)
    summary_nl = models.CharField(max_length=500)
    summary_en = models.CharField(max_length=500)
    announced_at = models.DateTimeField(default=timezone.now)
    effective_on = models.DateField()

    class Meta:
        indexes = [models.Index(fields=["-effective_on"], name="processor_change_recent")]

    def __str__(self) -> str:
        return f"{self.kind} {self.party}"
