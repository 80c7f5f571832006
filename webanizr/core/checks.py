"""System checks: a setting that would break a promise stops start-up, and says what to do."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Critical, Tags, register, run_checks
from django.core.management.base import SystemCheckError
from django.db import DatabaseError, connection

from webanizr.core import storage
from webanizr.core.vault import VaultError, signing

DOCS = "docs/running.md"
AMAZON = re.compile(r"(^|\.)(amazonaws\.com(\.cn)?|api\.aws|cloudfront\.net)$")


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
def endpoints_are_in_ireland(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Promise 15: an address of Amazon's own that isn't in Ireland passes by the region."""
    found: list[CheckMessage] = []
    for name in ("AWS_S3_ENDPOINT_URL", "AWS_KMS_ENDPOINT_URL", "AWS_SES_ENDPOINT_URL"):
        host = urlsplit(getattr(settings, name) or "").hostname or ""
        if AMAZON.search(host) and storage.REGION not in host.split("."):
            found.append(
                Critical(
                    f"{name} is at {host}: the privacy statement promises storage and processing in Ireland.",
                    hint=f"Leave it out, or use an address in {storage.REGION}. See {DOCS}.",
                    id="webanizr.E001",
                )
            )
    return found


@register(Tags.security)
def secret_key_is_real(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """A guessable key would let anyone forge sessions and links."""
    wanted = {"app": ["SECRET_KEY", "FRAME_KEY"], "hosting": ["FRAME_KEY"], "migrator": []}
    return [
        Critical(f"{name} is shorter than 40 characters.", hint=f"Make a random one. See {DOCS}.", id="webanizr.E002")
        for name in wanted.get(settings.SERVICE, ["SECRET_KEY"])
        if len(getattr(settings, name)) < 40
    ]


@register(Tags.security)
def hosting_can_open_nothing(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Promises 10 and 13: the service that takes submissions in has nothing to read one back with."""
    if settings.SERVICE == "app" and settings.FRAME_KEY == settings.SECRET_KEY:
        return [
            Critical(
                "FRAME_KEY, which the hosting service knows, is the same as SECRET_KEY, which opens mails that wait.",
                hint=f"Make another random text for FRAME_KEY. See {DOCS}.",
                id="webanizr.E004",
            )
        ]
    if settings.SERVICE != "hosting":
        return []
    return [
        Critical(
            f"{name} is set: the hosting service would be able to read what customers collect.",
            hint=f"Leave {name} out of the hosting service's environment. See {DOCS}.",
            id="webanizr.E004",
        )
        for name in (
            "SECRET_KEY",
            "KMS_KEY",
            "WRAPPING_KEY_FILE",
            "KEY_BUCKET",
            "KEY_DIR",
            "CERTIFICATE_KMS_KEY",
            "CERTIFICATE_KEY_FILE",
        )
        if os.environ.get(name)
    ]


@register(Tags.security)
def keys_are_kept_apart(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Promise 16: what is collected is sealed, and its keys are neither in the database nor beside the files."""
    if settings.SERVICE not in ("app", "staff", "worker", "exporter"):
        return []
    found: list[CheckMessage] = []
    if not settings.KMS_KEY and not settings.WRAPPING_KEY_FILE:
        found.append(
            Critical(
                "There is no key to wrap keys with: what visitors send could not be sealed.",
                hint=f"Set KMS_KEY to a key's ARN, or WRAPPING_KEY_FILE to a file with 64 hex digits. See {DOCS}.",
                id="webanizr.E005",
            )
        )
    for name in ("KMS_KEY", "CERTIFICATE_KMS_KEY"):
        key = getattr(settings, name)
        elsewhere = key.startswith("arn:") and f":{storage.REGION}:" not in key
        if elsewhere or "mrk-" in key:  # a multi-Region key has copies elsewhere
            found.append(
                Critical(
                    f"{name} is {key!r}: the privacy statement promises that keys, too, are in Ireland.",
                    hint=f"Make a key in {storage.REGION}, one that isn't multi-Region. See {DOCS}.",
                    id="webanizr.E001",
                )
            )
    if settings.KEY_BUCKET and settings.KEY_BUCKET == settings.S3_BUCKET:
        found.append(
            Critical(
                "KEY_BUCKET and S3_BUCKET are one bucket: a copy of the files would hold the keys.",
                hint=f"Give the keys a bucket of their own, without versioning. See {DOCS}.",
                id="webanizr.E006",
            )
        )
    return found


@register(Tags.security)
def certificates_have_a_key(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Promise 8: a certificate of erasure is signed by a key that only the eraser may sign with, and that lasts."""
    if settings.LOCAL or settings.SERVICE not in ("app", "eraser"):
        return []
    hint = f"Set CERTIFICATE_KMS_KEY, or CERTIFICATE_KEY_FILE with an Ed25519 key as PEM. See {DOCS}."
    if settings.CERTIFICATE_KMS_KEY:
        return []
    if not settings.CERTIFICATE_KEY_FILE:
        text = "There is no key to sign certificates of erasures with."
        return [Critical(text, hint=hint, id="webanizr.E008")]
    try:
        private = signing.ByFile(Path(settings.CERTIFICATE_KEY_FILE)).is_private()
    except VaultError as error:
        return [Critical(f"CERTIFICATE_KEY_FILE is of no use: {error}.", hint=hint, id="webanizr.E008")]
    if private == (settings.SERVICE == "eraser"):
        return []
    half = "the public half only" if settings.SERVICE == "app" else "the private half"
    text = f"CERTIFICATE_KEY_FILE: the service {settings.SERVICE} must have {half}."
    return [Critical(text, hint=hint, id="webanizr.E008")]


@register(Tags.security)
def addresses_have_a_key(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Promises 3 and 8: each service must find an address under the same hash, whatever SECRET_KEY it has."""
    if settings.LOCAL or settings.SERVICE in ("hosting", "migrator") or settings.ADDRESS_KEY != settings.SECRET_KEY:
        return []
    text = "ADDRESS_KEY isn't set, or is SECRET_KEY: who unsubscribed would not be recognised once that changes."
    return [Critical(text, hint=f"Make another random text, the same everywhere. See {DOCS}.", id="webanizr.E009")]


LEAST_LOCK = 35  # days: longer than the last backup lives


@register(Tags.security)
def ledger_is_locked(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Promises 8 and 10: who could rewrite log or erasures in the database can't rewrite their copies."""
    if not settings.LEDGER_LOCK or settings.SERVICE not in ("app", "worker", "eraser"):
        return []
    hint = f"Make it with infra/aws/ledger.yaml and set LEDGER_BUCKET. See {DOCS}."
    if settings.LEDGER_BUCKET == settings.S3_BUCKET:
        text = "LEDGER_BUCKET and S3_BUCKET are one bucket: a ledger nobody can change needs a bucket of its own."
        return [Critical(text, hint=hint, id="webanizr.E007")]
    try:
        days = storage.ledger_lock()
    except OSError:
        return []  # an unreachable file store is readiness's business
    except storage.ClientError as error:
        code = error.response["Error"]["Code"]
        text = f"Whether LEDGER_BUCKET is locked can't be told: {code}."
        return [Critical(text, hint="Allow s3:GetBucketObjectLockConfiguration on it.", id="webanizr.E007")]
    if days >= LEAST_LOCK:
        return []
    text = f"LEDGER_BUCKET isn't under Object Lock in compliance mode for {LEAST_LOCK} days or more."
    return [Critical(text, hint=hint, id="webanizr.E007")]


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
