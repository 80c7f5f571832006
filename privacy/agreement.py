"""The processing agreement (article 28 GDPR): its versions, its words, and how it becomes a PDF.

Serves promise 09. A version that was ever offered is never changed: add one, and every owner is asked again.
tests/promises/test_09 holds a fingerprint of each text.
"""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from privacy.subprocessors import NOTICE_DAYS, processors_url, subprocessors
from webanizr.core import pdf

CURRENT = "1"
VERSIONS = ("1",)
LANGUAGES = ("nl", "en-gb")


@dataclass(frozen=True)
class Accepted:
    """Who accepted which version, when: what the PDF says of it."""

    accepted_at: Any
    by: str
    id: uuid.UUID | None = None


def _language(language: str) -> str:
    return language if language in LANGUAGES else LANGUAGES[0]


def text(version: str, language: str, *, customer: str) -> SafeString:
    """Return the words of a version as HTML; raises KeyError for one that never was.

    Args: language: nl or en-gb; customer: name of the business.
    """
    if version not in VERSIONS:
        raise KeyError(version)
    with translation.override(_language(language)):
        words = {
            "customer": customer,
            "seller": settings.SELLER,
            "processors_url": processors_url(),
            "notice_days": NOTICE_DAYS,
            "subprocessors": subprocessors(),
        }
        return SafeString(render_to_string(f"agreement/v{version}/{_language(language)}.html", words))


def fingerprint(version: str, language: str) -> bytes:
    """Return the SHA-256 of a version's text as it stands in its file, so without names and places filled in."""
    if version not in VERSIONS:
        raise KeyError(version)
    path = settings.BASE_DIR / "templates" / "agreement" / f"v{version}" / f"{_language(language)}.html"
    return hashlib.sha256(path.read_bytes()).digest()


def title() -> str:
    """Return the agreement's name in the active language."""
    return _("Processing agreement")


def as_pdf(version: str, language: str, *, customer: str, accepted: Accepted | None = None) -> bytes:
    """Return the agreement on A4, made without any connection: fonts come from our own files, nothing else is asked.

    Raises KeyError for a version that never was.
    """
    chosen = _language(language)
    with translation.override(chosen):
        page = render_to_string(
            "agreement/pdf.html",
            {
                "title": title(),
                "language": chosen,
                "version": version,
                "seller": settings.SELLER,
                "customer": customer,
                "acceptance": accepted,
                "accepted_by": accepted.by if accepted else "",
                "fingerprint": fingerprint(version, chosen).hex(),
                "text": text(version, chosen, customer=customer),
            },
        )
    return pdf.render(page, style=(settings.BASE_DIR / "templates" / "agreement" / "print.css").read_text())
