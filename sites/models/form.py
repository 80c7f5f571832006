"""A form and what visitors send through it. Answers are bytes that only `webanizr.core.vault` can turn into words."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sites.models.keys import IntakeKey
from sites.models.site import Site
from webanizr.core.models import TenantForeignKey, TenantModel


class Form(TenantModel):
    """A form of a site. Each field carries its purpose, legal basis and retention (`sites.fields`)."""

    site = TenantForeignKey(Site, on_delete=models.CASCADE, related_name="forms")
    name = models.CharField(_("Name"), max_length=80)
    fields = models.JSONField(default=list)
    button = models.CharField(_("Text on the button"), max_length=40, blank=True)
    thanks = models.CharField(_("What the visitor reads after sending"), max_length=300, blank=True)
    notify = models.BooleanField(_("Mail the members when something comes in"), default=True)
    retention_days = models.PositiveSmallIntegerField(_("Keep for (days)"), default=365)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(auto_now=True)
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["account", "site", "created_at"], name="form_of_site")]

    def __str__(self) -> str:
        return self.name


class Submission(TenantModel):
    """What one visitor sent. The hosting service may add a row and can never read one."""

    site = TenantForeignKey(Site, on_delete=models.CASCADE, related_name="+")
    form = TenantForeignKey(Form, on_delete=models.CASCADE, related_name="+")
    # Without one: stored before answers were sealed, and waiting for `sites.tasks.mend_keys`.
    intake_key = TenantForeignKey(IntakeKey, null=True, on_delete=models.RESTRICT, related_name="+")
    content = models.BinaryField()
    received_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    deleted_at = models.DateTimeField(null=True)
    is_test = models.BooleanField(default=False)
    quarantined = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(fields=["account", "-received_at", "-id"], name="submission_recent"),
            models.Index(fields=["account", "form", "-received_at", "-id"], name="submission_of_form"),
            models.Index(
                fields=["account", "form"],
                condition=models.Q(read_at=None, deleted_at=None, quarantined=False),
                name="submission_unread",
            ),
            models.Index(
                fields=["account", "-received_at"],
                condition=models.Q(quarantined=True, deleted_at=None),
                name="submission_quarantined",
            ),
            models.Index(fields=["account", "expires_at"], name="submission_expiry"),
            models.Index(fields=["account", "intake_key"], name="submission_of_intake_key"),
            models.Index(
                fields=["account", "deleted_at"],
                condition=models.Q(deleted_at__isnull=False),
                name="submission_trash",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)
