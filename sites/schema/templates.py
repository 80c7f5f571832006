"""Templates of blocks and fields: compiled once per process, filled in without context processors."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.template import Context, Template, engines
from django.utils.safestring import SafeString


@cache
def compiled(name: str) -> Template:
    """Return a template, compiled once per process."""
    engine: Any = engines["django"]
    template: Template = engine.engine.get_template(name)
    return template


def fill(name: str, values: dict[str, Any]) -> SafeString:
    """Return a template filled in."""
    return compiled(name).render(Context(values))
