"""What every page of the app and staff services knows about its reader."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def theme(request: HttpRequest) -> str:
    """Return the colour scheme that the reader chose: auto, light or dark."""
    chosen = request.COOKIES.get("theme", "auto")
    return chosen if chosen in ("light", "dark") else "auto"


def shell(request: HttpRequest) -> dict[str, Any]:
    """Return the account, the membership, the colour scheme and the unread count for the page's frame."""
    values: dict[str, Any] = {
        "service": settings.SERVICE,
        "theme": theme(request),
        "reference": getattr(request, "reference", ""),
        "account": getattr(request, "account", None),
        "membership": getattr(request, "membership", None),
    }
    for name, provider in PROVIDERS.items():
        values[name] = provider(request)
    return values


# name in the templates -> function of the request; applications add theirs in AppConfig.ready()
PROVIDERS: dict[str, Any] = {}
