"""A file that a visitor sent with a form. Its bytes are sealed in storage, its name is sealed in the submission."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from sites.models.form import Submission
from sites.models.keys import IntakeKey
from sites.models.site import Site
from webanizr.core.models import TenantForeignKey, TenantModel


class Upload(TenantModel):
    """One file of one submission. The database deletes the row with the submission, and has the file deleted then."""

    site = TenantForeignKey(Site, on_delete=models.DO_NOTHING, related_name="+")
    submission = TenantForeignKey(Submission, on_delete=models.DO_NOTHING, related_name="uploads")
    intake_key = TenantForeignKey(IntakeKey, on_delete=models.DO_NOTHING, related_name="+")
    size = models.PositiveBigIntegerField()  # bytes, before sealing
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [
            models.Index(fields=["account", "submission"], name="upload_of_submission"),
            models.Index(fields=["account", "intake_key"], name="upload_of_key"),
            models.Index(fields=["account", "site"], name="upload_of_site"),
        ]

    def __str__(self) -> str:
        return str(self.id)
