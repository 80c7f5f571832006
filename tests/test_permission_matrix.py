"""Who may open which address: one row per route and method, for every service. A new address without a row fails."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver
from rest_framework.views import APIView

from accounts.staff_admin import StaffSite
from tests.permission_matrix import MATRIX

Row = tuple[str, str]  # route, level (or "GET reader, POST editor")


def routes(patterns: list[Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            yield route, pattern.callback


def level_of(view: Any) -> str:
    """What the view says of itself: `@requires(level)`, or a DRF view's `required_level`."""
    if hasattr(view, "admin_site") or hasattr(view, "model_admin"):
        return "staff"  # StaffSite.admin_view stands before it
    if isinstance(getattr(view, "__self__", None), StaffSite) or isinstance(
        getattr(view, "__wrapped__", None), StaffSite
    ):
        return "public"  # its own sign-in, which redirects to ours
    level = getattr(view, "required_level", None)
    if level is None:
        cls = getattr(view, "cls", None) or getattr(view, "view_class", None)
        level = getattr(cls, "required_level", None) if cls is not None else None
        if isinstance(cls, type) and issubclass(cls, APIView) and level is None:
            level = "undeclared"
    if isinstance(level, dict):
        return ", ".join(f"{method} {name}" for method, name in sorted(level.items()))
    return level or "undeclared"


@pytest.mark.parametrize("service", ["app", "hosting", "staff"])
def test_every_address_has_its_row(service: str) -> None:
    found = {route: level_of(view) for route, view in routes(import_module(f"webanizr.urls.{service}").urlpatterns)}
    assert found, service
    assert {route for route, level in found.items() if level == "undeclared"} == set()
    assert found == MATRIX[service]
