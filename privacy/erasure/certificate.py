"""The certificate of an erasure: what went where, how we know, what stays and until when; signed, so it can be checked.

It names nobody: the person knows the reference from the mail. The signature is over canonical JSON
(`webanizr.core.vault.signing`).
"""

from __future__ import annotations

import base64
import json
from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives import serialization
from django.conf import settings
from django.core.signing import Signer

from privacy.models import ErasureRequest, ErasureStep
from webanizr.core import mail, tenancy
from webanizr.core.vault import signing

# Point-in-time recovery reaches back this far; there are no other copies of the database.
BACKUP_DAYS = 30
PROOF_DAYS = 30  # in which the link of the last mail works
LAST_MAIL = {"subscriber": "mail/newsletter_erased"}
LINK = Signer(salt="privacy.erasure")


def make(request: ErasureRequest, steps: list[ErasureStep], *, now: datetime) -> dict[str, Any]:
    """Return what is certified, as JSON values."""
    assert request.started_at is not None
    return {
        "version": 1,
        "reference": request.reference,
        "scope": request.scope,
        "requested_at": request.requested_at.isoformat(),
        "started_at": request.started_at.isoformat(),
        "verified_at": now.isoformat(),
        "plan": request.plan_hash,
        "steps": [_line(step) for step in steps if step.kind != "recheck"],
        "backups_until": (now + timedelta(days=BACKUP_DAYS)).date().isoformat(),
        "key": signing.name_of(signing.signer().public_key()),
    }


def _line(step: ErasureStep) -> dict[str, Any]:
    # a prefix or a system's kind says where; ids of accounts and files aren't needed to believe it
    where = step.target.partition("/")[0] if step.kind == "files" else step.target
    return {
        "what": step.kind,
        "where": where,
        "result": step.state,
        "erased": step.erased,
        "at": step.changed_at.isoformat(),
        "evidence": list(step.evidence),
        "law": step.law,
        "until": step.until.isoformat() if step.until else None,
        "came_back": step.reopened,
    }


def canonical(content: dict[str, Any]) -> bytes:
    """Return the bytes that are signed: JSON with sorted keys and no spaces, UTF-8."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def public_pem() -> str:
    """Return the public key as PEM."""
    key = signing.signer().public_key()
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()


def algorithm() -> str:
    """Return what the signatures are called: Ed25519 (RFC 8032), or ECDSA (FIPS 186-5, DER) of the SHA-256."""
    return signing.algorithm_of(signing.signer().public_key())


def sign(content: dict[str, Any]) -> str:
    """Return the signature, base64; raises vault.VaultError."""
    return signing.as_text(signing.signer().sign(canonical(content)))


def is_valid(content: dict[str, Any], signature: str) -> bool:
    """Whether the signature fits the content."""
    try:
        raw = base64.b64decode(signature)
    except ValueError:
        return False
    return signing.verify(signing.signer().public_key(), canonical(content), raw)


def link(request: ErasureRequest) -> str:
    """Return the address of the request's own page, which works without an account."""
    return f"{settings.APP_URL}/privacy/wissen/{LINK.sign(str(request.id))}/"


def send(request: ErasureRequest, contact: dict[str, str] | None) -> None:
    """Mail where the certificate is; in the transaction that signs it."""
    if not contact:
        return
    mail.send(
        to=contact["email"],
        template=LAST_MAIL.get(request.scope, "mail/erasure_done"),
        context={
            "name": contact["name"],
            "reference": request.reference,
            "link": link(request),
            "scope": request.scope,
        },
        language=contact["language"],
        account_id=tenancy.PLATFORM_ACCOUNT,
    )
