"""Settings of the statistics that can't work, or that could never erase what they count, stop the start."""

from __future__ import annotations

import ipaddress
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Critical, register

DOCS = "docs/connectors.md"


def address_problem(name: str, address: str) -> list[CheckMessage]:
    """Return what is wrong with an external system's address: https, unless it is on this machine."""
    if not address:
        return []
    parts = urlsplit(address)
    if parts.hostname and (parts.scheme == "https" or (parts.scheme == "http" and _here(parts.hostname))):
        return []
    hint = f"People's data travels there: use https://… (http:// on this machine only). See {DOCS}."
    return [Critical(f"{name} is no sound address.", hint=hint, id="privacy.E020")]


def _here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


@register("privacy")
def bounces_are_heard(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """The mail provider's reports are let in by a secret and a topic: one without the other refuses them all."""
    secret = bool(getattr(settings, "ANYMAIL", {}).get("WEBHOOK_SECRET"))
    if settings.LOCAL or settings.SERVICE != "app" or secret == bool(settings.MAIL_EVENTS_TOPIC):
        return []
    name = "MAIL_EVENTS_TOPIC" if secret else "MAIL_WEBHOOK_SECRET"
    hint = f"Set it, or bounces and complaints about mail go unheard. See {DOCS}."
    return [Critical(f"{name} is not set.", hint=hint, id="privacy.E022")]


@register("privacy")
def statistics_are_whole(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Statistics that are switched on have a site, and the tokens that this service needs: no counting, no erasing."""
    address = settings.STATISTICS_BASE_URL
    if not address:
        return []
    needed = ["STATISTICS_SITE"]
    needed += ["STATISTICS_TOKEN"] if settings.SERVICE == "worker" else []
    needed += ["STATISTICS_ADMIN_TOKEN"] if settings.SERVICE in ("exporter", "eraser") else []
    problems: list[CheckMessage] = [
        Critical(
            f"STATISTICS_BASE_URL is set, but {name} is not.",
            hint=f"What can't be erased may not be counted: set it, or leave STATISTICS_BASE_URL out. See {DOCS}.",
            id="privacy.E021",
        )
        for name in needed
        if not getattr(settings, name)
    ]
    return problems + address_problem("STATISTICS_BASE_URL", address)
