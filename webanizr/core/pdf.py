"""PDF from our own HTML with WeasyPrint, without any network: what isn't in the HTML doesn't exist."""

from __future__ import annotations

from typing import Any, NoReturn


def _refuse(url: str, *args: Any, **kwargs: Any) -> NoReturn:
    raise ValueError(f"a PDF loads nothing: {url.partition(':')[0]}")


def render(html: str, *, style: str) -> bytes:
    """Return the PDF (bytes) of a whole HTML document. Args: style: its style sheet, as text."""
    from weasyprint import CSS, HTML  # takes a while to import

    document = HTML(string=html, url_fetcher=_refuse)
    return bytes(document.write_pdf(stylesheets=[CSS(string=style, url_fetcher=_refuse)]))
