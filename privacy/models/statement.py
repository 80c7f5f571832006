"""The versions of the published privacy statement: what was said when. Nobody changes one."""

from __future__ import annotations

from django.db import models
from django.utils import timezone


class StatementVersion(models.Model):
    """One published version, whole, in every language (`privacy.statement.content.whole`)."""

    number = models.PositiveIntegerField(primary_key=True)
    digest = models.CharField(max_length=64)
    content = models.JSONField()
    published_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return str(self.number)
