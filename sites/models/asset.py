"""An image of the account's library. The bytes are in storage; the row knows size and alternative text."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sites.models.site import Site
from webanizr.core.models import TenantForeignKey, TenantModel


class Asset(TenantModel):
    """An uploaded image, re-encoded and without EXIF, in the widths that pages need."""

    site = TenantForeignKey(Site, on_delete=models.CASCADE, related_name="assets")
    name = models.CharField(_("File name"), max_length=120)
    alt = models.CharField(_("What can be seen?"), max_length=200, blank=True)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    # [{"width": px, "height": px, "type": "image/webp", "key": storage key, "bytes": n}], widest last
    variants = models.JSONField(default=list)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["account", "site", "-created_at"], name="asset_recent")]

    def __str__(self) -> str:
        return self.name
