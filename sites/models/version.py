"""What is, or once was, online: immutable versions of a site, and the addresses that moved."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from sites.models.site import Site
from webanizr.core.models import TenantForeignKey, TenantModel


class SiteVersion(TenantModel):
    """One publish. No login may change a row; restoring means pointing the host names at an older one."""

    site = TenantForeignKey(Site, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    # {"files": {path: {"key", "type", "bytes", "sha256"}}, "redirects": {path: path}, "inputs": {path: hash}}
    manifest = models.JSONField()
    # the drafts it was made from: {"site": {...}, "pages": [...], "forms": [...]}: what changed, and what to restore
    source = models.JSONField()
    published_by = models.UUIDField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "site", "number"], name="version_number_once")]

    def __str__(self) -> str:
        return f"{self.number}"


class Redirect(TenantModel):
    """A page's former address, so that old links keep working after a rename."""

    site = TenantForeignKey(Site, on_delete=models.CASCADE, related_name="redirects")
    slug = models.CharField(max_length=80)
    page = TenantForeignKey("sites.Page", on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "site", "slug"], name="redirect_once")]

    def __str__(self) -> str:
        return str(self.id)
