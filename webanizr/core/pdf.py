"""PDF from our own HTML with WeasyPrint, in the house's style and without any network: its fonts are our own files."""

from __future__ import annotations

import atexit
import functools
from typing import Any

from django.conf import settings

FONT_FOLDER = settings.BASE_DIR / "static" / "fonts"
FONTS = ("figtree.woff2", "bricolage-grotesque.woff2")
SCHEME = "webanizr:"


class Denied(ValueError):
    """The document asked for something that isn't one of our own fonts."""


def render(html: str, *, style: str = "") -> bytes:
    """Return the PDF (bytes) of a whole HTML document. Args: style: what it has beside the house's style sheet."""
    from weasyprint import CSS, HTML  # takes a while to import

    house, fonts = _house()
    own = CSS(string=style, url_fetcher=_fetcher(), font_config=fonts)
    document = HTML(string=html, url_fetcher=_fetcher())
    return bytes(document.write_pdf(stylesheets=[house, own], font_config=fonts))


@functools.cache
def _fetcher() -> Any:
    """Return the PDF engine's only way to anything outside the document: our fonts. It raises Denied for all else."""
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    class Fetcher(URLFetcher):  # type: ignore[misc]  # WeasyPrint has no types
        def fetch(self, url: str, headers: Any = None) -> Any:
            name = url.removeprefix(SCHEME)
            if not url.startswith(SCHEME) or name not in FONTS:
                raise Denied("a document loads nothing")
            return URLFetcherResponse(url, (FONT_FOLDER / name).read_bytes(), {"Content-Type": "font/woff2"})

    return Fetcher(fail_on_errors=True)


@functools.cache
def _house() -> tuple[Any, Any]:
    """Return the style sheet and the font configuration, read once per process."""
    from weasyprint import CSS
    from weasyprint.text.fonts import FontConfiguration

    atexit.register(_house.cache_clear)  # while there still is an interpreter to tidy up
    fonts = FontConfiguration()
    sheet = (settings.BASE_DIR / "templates" / "print" / "house.css").read_text()
    return CSS(string=sheet, url_fetcher=_fetcher(), font_config=fonts), fonts
