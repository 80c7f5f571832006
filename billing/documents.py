"""Invoices as PDF/A-3 with the Factur-X XML inside: WeasyPrint, without network, with our own fonts.

What customers typed goes through Django's escaping into HTML, and no address in the HTML or CSS leads anywhere: the
one thing that the fetcher gives out are the two fonts. Only the worker of the queue "billing" comes here.
"""

from __future__ import annotations

import atexit
import functools
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from billing.einvoice.model import Document
from billing.identifiers import COUNTRIES
from billing.money import plain
from billing.references import epc_qr, grouped
from billing.words import amount, unit_price

FOLDER = Path(__file__).parent / "assets"
SCHEME = "webanizr:"
XML_NAME = "factur-x.xml"
_FX = "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_PDFA = "http://www.aiim.org/pdfa/ns/"


class Denied(ValueError):
    """A document asked for something that isn't one of our own fonts."""


@functools.cache
def _fetcher() -> Any:
    """Return WeasyPrint's only way to anything outside the document: our fonts. It raises Denied for all else."""
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    class Fetcher(URLFetcher):  # type: ignore[misc]  # WeasyPrint has no types
        def fetch(self, url: str, headers: Any = None) -> Any:
            name = url.removeprefix(SCHEME)
            if not url.startswith(SCHEME) or name not in _fonts():
                raise Denied("documents load nothing")
            return URLFetcherResponse(url, _fonts()[name], {"Content-Type": "font/woff2"})

    return Fetcher(fail_on_errors=True)


@functools.cache
def _fonts() -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (FOLDER / "fonts").glob("*.woff2")}


@functools.cache
def _style() -> tuple[Any, Any]:
    """Return the style sheet and the font configuration, read once per process."""
    from weasyprint import CSS
    from weasyprint.text.fonts import FontConfiguration

    atexit.register(_style.cache_clear)  # while there still is an interpreter to tidy up
    fonts = FontConfiguration()
    css = (FOLDER / "document.css").read_text()
    return CSS(string=css, url_fetcher=_fetcher(), font_config=fonts), fonts


def html(document: Document, *, customer_no: int, request: bool = False) -> str:
    """Return the document as HTML in its own language. Args: request: it only asks for money, and is no invoice."""
    with translation.override(document.language):
        words = _("Credit note %(number)s") if document.credit else _("Invoice %(number)s")
        title = (_("Payment request %(number)s") if request else words) % {"number": document.number}
        qr = ""
        if document.payable_cents > 0 and not document.credit:
            code = epc_qr(name=document.seller.name, iban=document.iban, cents=document.payable_cents, rf=document.rf)
            qr = mark_safe(code.svg_inline(border=0, omitsize=True, svgclass="qr", lineclass=None))  # noqa: S308  # segno's
        customer = f"K-{customer_no}"
        values = {
            "document": document,
            "request": request,
            "language": document.language,
            "title": title,
            "customer": customer,
            "own_reference": "" if document.buyer_reference == customer else document.buyer_reference,
            "country": "" if document.buyer.country == "NL" else COUNTRIES.get(document.buyer.country, ""),
            "lines": [
                {
                    "name": line.name,
                    "description": line.description,
                    "quantity": plain(line.quantity).replace("-", "−").replace(".", ","),
                    "price": unit_price(line.price),
                    "rate": f"{plain(line.rate)}%".replace(".", ",") if line.category == "S" else "–",
                    "net": amount(line.net_cents).replace("-", "−"),
                }
                for line in document.lines
            ],
            "groups": [
                {
                    "rate": f"{plain(group.rate)}%".replace(".", ",") if group.category == "S" else "",
                    "base": amount(group.base_cents),
                    "vat": amount(group.vat_cents),
                }
                for group in document.groups
            ],
            "net": amount(document.totals.net_cents),
            "gross": amount(document.totals.gross_cents),
            "rf": grouped(document.rf),
            "iban": grouped(document.iban),
            "qr": qr,
        }
        return render_to_string("billing/document.html", values)


def pdf(document: Document, *, customer_no: int, cii: bytes) -> bytes:
    """Return the document as PDF/A-3b with `cii` attached: the same bytes each time for the same document."""
    return render(html(document, customer_no=customer_no), document=document, cii=cii)


def request_pdf(document: Document, *, customer_no: int) -> bytes:
    """Return a payment request as PDF: no invoice, so without XML inside."""
    return render(html(document, customer_no=customer_no, request=True), document=document)


def render(source: str, *, document: Document, cii: bytes | None = None) -> bytes:
    """Lay out HTML as PDF/A-3b; with `cii` it is Factur-X."""
    from weasyprint import HTML, Attachment

    style, fonts = _style()
    page = HTML(string=source, url_fetcher=_fetcher(), base_url=None).render(stylesheets=[style], font_config=fonts)
    made = datetime.combine(document.issued_on, time(12), UTC)
    page.metadata.created = page.metadata.modified = made.isoformat()
    if cii is not None:
        page.metadata.attachments = [
            Attachment(
                string=cii.decode(),
                name=XML_NAME,
                description="Factur-X",
                relationship="Alternative",
                created=made,
                modified=made,
            )
        ]
        _one_rdf(page.metadata)
    return bytes(page.write_pdf(pdf_variant="pdf/a-3b", pdf_identifier=document.number.encode()))


def _one_rdf(metadata: Any) -> None:
    """Put Factur-X's description into WeasyPrint's own RDF: readers look at the first one only."""
    original = metadata.generate_rdf_metadata

    def generate(*args: Any) -> bytes:
        tree = ElementTree.fromstring(original(*args))  # noqa: S314  # WeasyPrint's own output
        tree.extend(list(ElementTree.fromstring(_xmp())))  # noqa: S314  # our own constant
        return bytes(ElementTree.tostring(tree, encoding="utf-8"))

    metadata.generate_rdf_metadata = generate
    metadata.xmp_metadata = []


@functools.cache
def _xmp() -> str:
    """Return Factur-X's XMP: which file is the invoice, and the extension schema that PDF/A asks for."""
    for prefix, space in (
        ("fx", _FX),
        ("pdfaExtension", f"{_PDFA}extension/"),
        ("pdfaSchema", f"{_PDFA}schema#"),
        ("pdfaProperty", f"{_PDFA}property#"),
    ):
        ElementTree.register_namespace(prefix, space)
    properties = "".join(
        '<rdf:li rdf:parseType="Resource">'
        f"<pdfaProperty:name>{name}</pdfaProperty:name><pdfaProperty:valueType>Text</pdfaProperty:valueType>"
        f"<pdfaProperty:category>external</pdfaProperty:category><pdfaProperty:description>{words}"
        "</pdfaProperty:description></rdf:li>"
        for name, words in (
            ("DocumentFileName", "name of the embedded XML invoice file"),
            ("DocumentType", "INVOICE"),
            ("Version", "version of the Factur-X XML schema"),
            ("ConformanceLevel", "profile of the Factur-X XML schema"),
        )
    )
    return (
        f'<rdf:RDF xmlns:rdf="{_RDF}" xmlns:fx="{_FX}" xmlns:pdfaExtension="{_PDFA}extension/"'
        f' xmlns:pdfaSchema="{_PDFA}schema#" xmlns:pdfaProperty="{_PDFA}property#">'
        '<rdf:Description rdf:about=""><fx:DocumentType>INVOICE</fx:DocumentType>'
        f"<fx:DocumentFileName>{XML_NAME}</fx:DocumentFileName><fx:Version>1.0</fx:Version>"
        "<fx:ConformanceLevel>EN 16931</fx:ConformanceLevel></rdf:Description>"
        '<rdf:Description rdf:about=""><pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">'
        "<pdfaSchema:schema>Factur-X PDFA Extension Schema</pdfaSchema:schema>"
        f"<pdfaSchema:namespaceURI>{_FX}</pdfaSchema:namespaceURI><pdfaSchema:prefix>fx</pdfaSchema:prefix>"
        f"<pdfaSchema:property><rdf:Seq>{properties}</rdf:Seq></pdfaSchema:property>"
        "</rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description></rdf:RDF>"
    )
