"""Saving a page's draft: a save names the version it started from, and never overwrites somebody else's."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from sites.blocks import content as blocks
from sites.models import Page


class Conflict(Exception):
    """Somebody saved in between; `page` holds what is stored now."""

    def __init__(self, page: Page) -> None:
        super().__init__("saved in between")
        self.page = page


@transaction.atomic
def save_draft(*, page: Page, content: object, base: int, actor: User, now: datetime | None = None) -> Page:
    """Store a page's content; return the page with its new version.

    Args: content: as the editor holds it, checked here; base: the version it started from. Raises
    `sites.schema.problems.ContentError` for content that can't be stored and Conflict when `base` is not the latest.
    """
    checked = blocks.validate(content)
    stored = Page.objects.select_for_update().get(id=page.id)
    if stored.version != base:
        raise Conflict(stored)
    if stored.content != checked:
        stored.content = checked
        stored.version += 1
        stored.updated_at = now or timezone.now()
        stored.save(update_fields=["content", "version", "updated_at"])
    return stored
