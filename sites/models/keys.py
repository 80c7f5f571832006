"""Keys of sites, as far as the database may know them: public halves, and intake keys sealed to them.

Private halves are in the key store (`webanizr.core.vault`): with the database alone nothing can be opened.
"""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from sites.models.site import Site
from webanizr.core.models import TenantForeignKey, TenantModel


class SiteKey(TenantModel):
    """A site's key pair: its id, also in the key store, and its public half. A retired one still opens what it must."""

    site = TenantForeignKey(Site, on_delete=models.CASCADE, related_name="keys")
    public_key = models.BinaryField()
    created_at = models.DateTimeField(default=timezone.now)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["account", "site", "-created_at"], name="sitekey_recent")]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "site"], condition=models.Q(retired_at=None), name="sitekey_one_current"
            )
        ]

    def __str__(self) -> str:
        return str(self.id)


class IntakeKey(TenantModel):
    """The key of some minutes' submissions to one site, sealed: the hosting service adds it and can never read it."""

    site = TenantForeignKey(Site, on_delete=models.CASCADE, related_name="+")
    pair = TenantForeignKey(SiteKey, on_delete=models.RESTRICT, related_name="+")
    sealed = models.BinaryField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [
            models.Index(fields=["account", "site"], name="intakekey_of_site"),
            models.Index(fields=["account", "pair"], name="intakekey_of_pair"),
        ]

    def __str__(self) -> str:
        return str(self.id)
