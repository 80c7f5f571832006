"""What the system last found about itself, for the public proof page: numbers, nothing about a person."""

from __future__ import annotations

from django.db import models
from django.utils import timezone


class Evidence(models.Model):
    """One finding: a number from the running system and whether it is as promised."""

    promise = models.PositiveSmallIntegerField()
    key = models.SlugField(max_length=40, primary_key=True)
    value = models.CharField(max_length=40)
    params = models.JSONField(default=dict)
    holds = models.BooleanField()
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.promise} {self.key}"
