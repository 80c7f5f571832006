"""The PDF: an archive file with the XML inside, our fonts, a QR code that a bank reads; a hostile text does nothing."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import pikepdf
import pypdfium2
import pytest
import zxingcpp
from PIL import Image, ImageChops

from billing import documents
from billing.einvoice import cii
from billing.einvoice.model import Document
from tests.billing.documents import JANSEN, KINDS

NAMES = ["dutch business", "paid before", "credit of dutch business", "outside the EU", "OSS, Finland"]
GOOD = KINDS["dutch business"]
FX = "{urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#}"


@cache
def pdf(document: Document) -> bytes:
    return documents.pdf(document, customer_no=20418, cii=cii.write(document))


def text(data: bytes) -> str:
    opened = pypdfium2.PdfDocument(data)
    try:
        return " ".join(
            " ".join(page.get_textpage().get_text_bounded().split()) for page in (opened[n] for n in range(len(opened)))
        )
    finally:
        opened.close()


def pictures(data: bytes, scale: float = 2) -> Iterator[Image.Image]:
    opened = pypdfium2.PdfDocument(data)
    for number in range(len(opened)):
        yield opened[number].render(scale=scale).to_pil().convert("RGB")
    opened.close()


@pytest.mark.parametrize("name", NAMES)
def test_it_is_an_archive_file_with_the_same_xml_inside(name: str) -> None:
    document = KINDS[name]
    with pikepdf.open(io.BytesIO(pdf(document))) as opened:
        with opened.open_metadata() as meta:
            assert (meta["pdfaid:part"], meta["pdfaid:conformance"]) == ("3", "B")
            assert meta[f"{FX}ConformanceLevel"] == "EN 16931"
            assert meta[f"{FX}DocumentFileName"] == "factur-x.xml"
        attached = opened.attachments["factur-x.xml"]
        assert attached.get_file().read_bytes() == cii.write(document)
        assert str(opened.Root.AF[0].AFRelationship) == "/Alternative"
        assert str(opened.Root.Lang) == document.language
        assert document.number in str(opened.docinfo.Title)
        assert opened.Root.OutputIntents


@pytest.mark.parametrize("name", NAMES)
def test_every_font_is_ours_and_inside(name: str) -> None:
    with pikepdf.open(io.BytesIO(pdf(KINDS[name]))) as opened:
        fonts: list[Any] = [font for page in opened.pages for font in page.Resources.Font.values()]
        names = {str(font.BaseFont).partition("+")[2] for font in fonts}
        assert all(name.startswith(("Figtree", "Bricolage", "Noto")) for name in names), names
        for font in fonts:
            assert any(key.startswith("/FontFile") for key in font.DescendantFonts[0].FontDescriptor)


def test_it_says_what_an_invoice_must_say() -> None:
    said = text(pdf(GOOD))
    for words in (
        "WB-2026-0123",
        "23 november 2026",
        "Bakkerij Jansen V.O.F.",
        "Dorpsstraat 12",
        "3511 AB Utrecht",
        "NL123456782B90",
        "KvK 87654321",
        "NL865432107B01",
        "Webanizr B.V.",
        "€ 281,07",
        "€ 59,02",
        "€ 340,09",
        "€ 3,3333",
        "NL91 ABNA 0417 1643 00",
        "RF54 BV20 2604 17",
        "7 december 2026",
    ):
        assert words in said, words
    assert "Btw naar jou verlegd" in text(pdf(KINDS["business elsewhere in the EU"]))
    assert "GB980780684" in text(pdf(KINDS["outside the EU"])), "printed, though the XML may not name it (BR-O-02)"
    assert "WB-2026-0123" in text(pdf(KINDS["credit of dutch business"]))
    assert "Al betaald" in text(pdf(KINDS["paid before"]))


def test_the_qr_code_is_the_transfer() -> None:
    (page,) = pictures(pdf(GOOD), scale=3)
    (code,) = zxingcpp.read_barcodes(page)
    lines = code.text.splitlines()
    assert lines[:2] == ["BCD", "002"]
    assert lines[5:8] == ["Webanizr B.V.", "NL91ABNA0417164300", "EUR340.09"]
    assert "RF54BV20260417" in lines


@pytest.mark.parametrize("name", ["paid before", "credit of dutch business"])
def test_there_is_no_code_when_there_is_nothing_to_pay(name: str) -> None:
    assert [found for page in pictures(pdf(KINDS[name]), scale=3) for found in zxingcpp.read_barcodes(page)] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_page_looks_as_it_should(name: str) -> None:
    """A4, one page; ink inside the margins only; the logo's blue above, the total in the lower half of the middle."""
    (page,) = pictures(pdf(KINDS[name]))
    width, height = page.size
    assert abs(height / width - 297 / 210) < 0.01
    box = ImageChops.difference(page, Image.new("RGB", page.size, "white")).getbbox()
    assert box is not None
    millimetre = width / 210
    left, top, right, bottom = (round(side / millimetre) for side in box)
    assert 18 <= left <= 21
    assert 189 <= right <= 192
    assert 16 <= top <= 20
    assert 270 <= bottom <= 290
    logo = page.crop((int(20 * millimetre), int(17 * millimetre), int(29 * millimetre), int(28 * millimetre)))
    assert (7, 95, 133) in {colour for _count, colour in logo.getcolors(10_000) or ()}


def test_long_texts_and_many_lines_stay_on_the_paper() -> None:
    long = replace(
        GOOD,
        buyer=replace(JANSEN, name="Wxyz" * 25, street="Boulevard " * 10, city="M" * 60),
        lines=GOOD.lines * 12,
        buyer_reference="X" * 60,
    )
    pages = list(pictures(documents.pdf(long, customer_no=1, cii=b"<x/>")))
    assert 2 <= len(pages) <= 3
    for page in pages:
        box = ImageChops.difference(page, Image.new("RGB", page.size, "white")).getbbox()
        assert box is not None
        assert box[2] / page.size[0] * 210 <= 192


HOSTILE = (
    '<img src="file:///etc/passwd"><link rel=attachment href="file:///etc/passwd"><style>*{color:red}</style>',
    "</p><iframe src='http://127.0.0.1:9/'></iframe>",
    "@import url(http://127.0.0.1:9/x.css); {{ settings.SECRET_KEY }} {% include 'mail/base.html' %}",
)


@pytest.mark.parametrize("words", HOSTILE)
def test_a_hostile_text_is_printed_and_does_nothing(words: str) -> None:
    hostile = replace(GOOD, buyer=replace(JANSEN, name=words, street=words), buyer_reference=words[:60])
    data = documents.pdf(hostile, customer_no=1, cii=cii.write(hostile))
    said = text(data).replace(" ", "")
    assert words.replace(" ", "")[:20] in said
    with pikepdf.open(io.BytesIO(data)) as opened:
        assert list(opened.attachments) == ["factur-x.xml"]
    assert b"root:x" not in data


@pytest.mark.parametrize(
    "address",
    ["file:///etc/passwd", "http://127.0.0.1:9/a.png", "webanizr:../document.css", "data:text/css,x", "https://x.nl/"],
)
def test_the_printer_fetches_nothing_but_our_fonts(address: str) -> None:
    with pytest.raises(documents.Denied):
        documents._fetcher().fetch(address)
    from weasyprint.urls import FatalURLFetchingError

    with pytest.raises(FatalURLFetchingError):
        documents.render(f'<p>x<img src="{address}"></p>', document=GOOD, cii=b"<x/>")


def test_the_same_invoice_is_the_same_file() -> None:
    assert documents.pdf(GOOD, customer_no=20418, cii=cii.write(GOOD)) == pdf(GOOD)


def test_names_in_other_alphabets_are_printed() -> None:
    names = replace(GOOD, buyer=replace(JANSEN, name="Łukasz Żółć", street="Αθηνάς 12", city="София"))
    said = text(documents.pdf(names, customer_no=1, cii=b"<x/>"))
    for words in ("Łukasz Żółć", "Αθηνάς 12", "София"):
        assert words in said
