"""A page's draft: a list of structured blocks, never HTML."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sites.models.site import Site
from webanizr.core.models import TenantForeignKey, TenantModel


class Page(TenantModel):
    """A page of a site, as it is being edited. `version` counts saves: a save names the version it started from."""

    site = TenantForeignKey(Site, on_delete=models.CASCADE, related_name="pages")
    title = models.CharField(_("Title"), max_length=80)
    slug = models.SlugField(_("Address"), max_length=80, blank=True, db_index=False)  # empty: the home page
    description = models.CharField(_("Description"), max_length=200, blank=True)
    noindex = models.BooleanField(_("Hide from search engines"), default=False)
    position = models.PositiveSmallIntegerField(default=0)
    content = models.JSONField(default=dict)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "site", "slug"], condition=models.Q(deleted_at=None), name="page_slug_once"
            )
        ]
        indexes = [models.Index(fields=["account", "site", "position"], name="page_order")]

    def __str__(self) -> str:
        return self.title
