"""System checks: a setting that would break a promise stops start-up, and says what to do."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Critical, Tags, register, run_checks
from django.core.management.base import SystemCheckError
from django.db import DatabaseError, connection

from webanizr.core import storage

DOCS = "docs/running.md"


@register(Tags.security)
def region_is_ireland(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Promise 15: everything is in Ireland."""
    if settings.AWS_REGION == storage.REGION:
        return []
    return [
        Critical(
            f"AWS_REGION is {settings.AWS_REGION!r}: the privacy statement promises storage in Ireland.",
            hint=f"Set AWS_REGION={storage.REGION}, or leave it out. See {DOCS}.",
            id="webanizr.E001",
        )
    ]


@register(Tags.security)
def secret_key_is_real(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """A guessable key would let anyone forge sessions and links."""
    if settings.SERVICE == "migrator" or len(settings.SECRET_KEY) >= 40:
        return []
    return [
        Critical(
            "SECRET_KEY is shorter than 40 characters.", hint=f"Make a random one. See {DOCS}.", id="webanizr.E002"
        )
    ]


@register(Tags.database)
def login_is_bound(app_configs: Any, databases: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Promises 10 and 12: no service's database login may pass by row-level security."""
    if settings.SERVICE == "migrator" or not databases:
        return []
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT rolname, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
            name, superuser, bypass = cursor.fetchone()
    except DatabaseError:
        return []  # an unreachable database is readiness's business
    if not (superuser or bypass):
        return []
    return [
        Critical(
            f"The database login {name} is not bound by row-level security.",
            hint=f"Give this service its own login, e.g. webanizr_{settings.SERVICE}. See {DOCS}.",
            id="webanizr.E003",
        )
    ]


def stop_on_errors() -> None:
    """Run every check at a service's start; raises SystemCheckError, so that a broken promise is no running service."""
    serious = [
        message for message in run_checks(databases=["default"]) if message.is_serious() and not message.is_silenced()
    ]
    if serious:
        raise SystemCheckError("\n".join(f"{message}" for message in serious))
