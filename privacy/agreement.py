"""The processing agreement (article 28 GDPR): its versions, its words, and how it becomes a PDF.

Serves promise 09. A version that was ever offered is never changed: add one, and every owner is asked again.
tests/promises/test_09 holds a fingerprint of each text.
"""

from __future__ import annotations

import atexit
import functools
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

CURRENT = "1"
VERSIONS = ("1",)
LANGUAGES = ("nl", "en-gb")
FONT_FOLDER = settings.BASE_DIR / "static" / "fonts"
FONTS = ("figtree.woff2", "bricolage-grotesque.woff2")
SCHEME = "webanizr:"


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
    from weasyprint import HTML

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
    style, fonts = _style()
    made: bytes = HTML(string=page, url_fetcher=_fetcher()).write_pdf(stylesheets=[style], font_config=fonts)
    return made


class Denied(ValueError):
    """The document asked for something that isn't one of our own fonts."""


@functools.cache
def _fetcher() -> Any:
    """Return the PDF engine's only way to anything outside the document: our fonts. It raises Denied for all else."""
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    class Fetcher(URLFetcher):  # type: ignore[misc]  # WeasyPrint has no types
        def fetch(self, url: str, headers: Any = None) -> Any:
            name = url.removeprefix(SCHEME)
            if not url.startswith(SCHEME) or name not in FONTS:
                raise Denied("the agreement loads nothing")
            return URLFetcherResponse(url, (FONT_FOLDER / name).read_bytes(), {"Content-Type": "font/woff2"})

    return Fetcher(fail_on_errors=True)


@functools.cache
def _style() -> tuple[Any, Any]:
    """Return the style sheet and the font configuration, read once per process."""
    from weasyprint import CSS
    from weasyprint.text.fonts import FontConfiguration

    atexit.register(_style.cache_clear)  # while there still is an interpreter to tidy up
    fonts = FontConfiguration()
    sheet = (settings.BASE_DIR / "templates" / "agreement" / "print.css").read_text()
    return CSS(string=sheet, url_fetcher=_fetcher(), font_config=fonts), fonts
