"""Pages of blocks as tests write them, and what is said of wrong ones."""

from __future__ import annotations

from typing import Any

import pytest

from sites.blocks import content
from sites.blocks.base import new_id
from sites.blocks.inputs import SiteInput
from sites.schema.problems import ContentError

SITE = SiteInput("1", "Bakkerij Zuiderplein", theme="markt", hue=30, host="bakkerij.example")
EIGHT = {"hero", "text", "image_text", "cards", "opening_hours", "contact", "faq", "form"}


def problems_of(data: object) -> list[dict[str, Any]]:
    with pytest.raises(ContentError) as caught:
        content.read(data)
    return caught.value.problems


def page(*blocks: dict[str, Any]) -> dict[str, Any]:
    return {"schema_version": 1, "blocks": [{"id": new_id(), **block} for block in blocks]}
