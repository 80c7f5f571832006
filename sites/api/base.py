"""What the views of the builder's API share beside `accounts.api`: errors of content, with their place."""

from __future__ import annotations

from typing import NoReturn

from rest_framework.exceptions import ValidationError

from accounts.api import Base, Conflict, Full
from sites.schema.problems import ContentError

__all__ = ["Base", "Conflict", "Full", "content_error"]


def content_error(error: ContentError) -> NoReturn:
    """Raise 400 with each problem and its place."""
    raise ValidationError({"content": error.problems}) from error
