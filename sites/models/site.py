"""A site and the host names it answers to."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from billing.plans import FREE
from webanizr.core.models import TenantModel


class Site(TenantModel):
    """A website of one account: name, language, look and menu. Its pages hold the words."""

    name = models.CharField(_("Name"), max_length=80)
    language = models.CharField(_("Language"), max_length=5, default="nl", choices=settings.LANGUAGES)
    theme = models.CharField(_("Theme"), max_length=20)
    hue = models.PositiveSmallIntegerField(_("Colour"))
    vividness = models.PositiveSmallIntegerField(_("Vividness"))
    # [{"label": str, "page": uuid} | {"label": str, "url": str}], in the owner's order
    menu = models.JSONField(default=list)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        indexes = [models.Index(fields=["account", "created_at"], name="site_recent")]

    def __str__(self) -> str:
        return self.name


class Domain(models.Model):
    """A host name and the published version it shows: one row to change is what makes publishing atomic.

    A control table: the hosting service looks a host up before any account is known. It refers to no tenant table.
    """

    host = models.CharField(max_length=253, primary_key=True)
    account = models.ForeignKey("accounts.Account", on_delete=models.CASCADE, related_name="+", db_index=False)
    site_id = models.UUIDField()
    version_id = models.UUIDField(null=True)
    held_version_id = models.UUIDField(null=True)  # shows again when the plan has room (`sites.services.room`)
    # bytes of one file that a visitor may send; 0: none just now (`sites.services.uploads.follow_limits`)
    upload_bytes = models.PositiveBigIntegerField(default=FREE.limits.upload_bytes)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["account", "site_id"], name="domain_of_site")]

    def __str__(self) -> str:
        return self.host

    @property
    def url(self) -> str:
        """The address of the site, with scheme and port."""
        return f"{settings.HOSTING_SCHEME}://{self.host}{settings.HOSTING_ORIGIN_SUFFIX}"
