"""Reading settings from the environment: what is missing or wrong stops the start with its name."""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured


def env(name: str, default: str | None = None) -> str:
    """Return the environment variable `name`; raise ImproperlyConfigured when it is missing and has no default."""
    value = os.environ.get(name, default)
    if value is None:
        raise ImproperlyConfigured(f"{name} is not set. `python3 manage.py up` sets it; see docs/running.md.")
    return value


def env_bool(name: str, default: bool = False) -> bool:
    """Return True for 1, true, yes or on."""
    return os.environ.get(name, "1" if default else "0").lower() in ("1", "true", "yes", "on")


def env_int(name: str, default: int) -> int:
    """Return the whole number in `name`; raise ImproperlyConfigured when it is not one."""
    try:
        return int(os.environ.get(name, default))
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be a whole number.") from error


def database_from_url(url: str) -> dict[str, Any]:
    """Turn postgresql://user:password@host:port/name into Django's dictionary.

    The host may be a percent-encoded directory of a unix socket. Raises ImproperlyConfigured for any other scheme.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("postgresql", "postgres"):
        raise ImproperlyConfigured("DATABASE_URL must start with postgresql://: row-level security needs PostgreSQL.")
    query = parse_qs(parts.query)
    # urlsplit lowercases .hostname, which would break a socket directory with capitals.
    host = unquote(parts.netloc.rpartition("@")[2].partition(":")[0]) or query.get("host", [""])[0]
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(parts.port or query.get("port", [""])[0]),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        # PgBouncer in transaction mode stands in front of the services: no server-side cursors, SET LOCAL only.
        "DISABLE_SERVER_SIDE_CURSORS": True,
        "OPTIONS": {"sslmode": query["sslmode"][0]} if "sslmode" in query else {},
        "TEST": {"MIGRATE": False},
    }
