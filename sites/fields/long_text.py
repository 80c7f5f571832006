"""Text of several lines."""

from __future__ import annotations

from typing import ClassVar, Literal

from django.utils.translation import gettext_lazy as _

from sites.fields.base import Field


class LongText(Field):
    """Long text."""

    title = _("Long text")
    icon: ClassVar[str] = "text-align-start"
    template = "fields/long_text.html"
    max_answer: ClassVar[int] = 5000
    multiline: ClassVar[bool] = True

    type: Literal["long_text"] = "long_text"
