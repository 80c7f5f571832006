"""Settings of the mailing platform that can't work stop the start, and say what to do."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Critical, register

from privacy.connectors.checks import address_problem

DOCS = "docs/connectors.md"


@register("newsletters")
def mailing_platform_is_whole(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """A named platform has all that it needs; none named means switched off, which is sound."""
    from newsletters.connectors import PLATFORMS

    name = settings.MAILING_PLATFORM
    if not name:
        return []
    if name not in PLATFORMS:
        hint = f"Use one of {', '.join(PLATFORMS)}, or leave it out to switch newsletters off. See {DOCS}."
        return [
            Critical(
                f"MAILING_PLATFORM is {name!r}, which nobody wrote a connector for.", hint=hint, id="newsletters.E010"
            )
        ]
    missing = []
    if PLATFORMS[name].needs_url and not settings.MAILING_BASE_URL:
        missing.append("MAILING_BASE_URL")
    if not settings.MAILING_LIST:
        missing.append("MAILING_LIST")
    if settings.SERVICE in ("worker", "exporter", "eraser") and not settings.MAILING_API_KEY:
        missing.append("MAILING_API_KEY")
    problems: list[CheckMessage] = [
        Critical(
            f"MAILING_PLATFORM is {name}, but {each} is not set.", hint=f"Set it. See {DOCS}.", id="newsletters.E011"
        )
        for each in missing
    ]
    if settings.MAILING_LIST and name in ("brevo", "listmonk") and not settings.MAILING_LIST.isdecimal():
        hint = f"It is the list's number, as {name} shows it. See {DOCS}."
        problems.append(Critical("MAILING_LIST is no number.", hint=hint, id="newsletters.E012"))
    return problems + address_problem("MAILING_BASE_URL", settings.MAILING_BASE_URL)
