"""What submissions can be found by: keyed hashes (`webanizr.core.vault.blind`), made by the worker after intake."""

from __future__ import annotations

from django.db import models

from sites.models.form import Submission
from webanizr.core.models import TenantForeignKey, TenantModel


class SearchEntry(TenantModel):
    """One term of one submission, hashed. The database itself deletes it with its submission, whoever deletes that.

    `id` is made from term and submission, so that indexing twice adds nothing.
    """

    submission = TenantForeignKey(Submission, on_delete=models.DO_NOTHING, related_name="+")
    token = models.BinaryField()

    class Meta:
        indexes = [
            models.Index(fields=["account", "token", "submission"], name="searchentry_term"),
            models.Index(fields=["account", "submission"], name="searchentry_of_submission"),
        ]

    def __str__(self) -> str:
        return str(self.id)
