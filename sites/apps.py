"""Django's entry to this application."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.http import HttpRequest


class SitesConfig(AppConfig):
    """Settings of the application "sites"."""

    name = "sites"
    label = "sites"

    def ready(self) -> None:
        """Count unread messages for every page's frame; follow changes of plan; pause websites before an erasure."""
        from billing import paying
        from privacy.erasure import hooks
        from sites.services import pausing
        from webanizr.core import context

        hooks.PAUSE.append(pausing.pause)
        hooks.RESUME.append(pausing.resume)
        hooks.SUPPRESS.append(pausing.stop)
        paying.LISTENERS.append("sites.tasks.follow_limits")
        context.PROVIDERS["unread_count"] = unread_count


def unread_count(request: HttpRequest) -> Any:
    """Return the number of unread messages, counted only when a page shows it."""
    from django.utils.functional import SimpleLazyObject

    from sites.selectors.inbox import unread_count as count

    if getattr(request, "account", None) is None:
        return 0
    return SimpleLazyObject(count)
