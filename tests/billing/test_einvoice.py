"""Every kind of document passes the official rules and ours, in both formats; and every planted fault is found."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest
from lxml import etree

from billing.einvoice import cii, figures, rules, schemas, ubl
from billing.einvoice.model import Document
from billing.money import Totals, VatGroup
from tests.billing.documents import ACME, JANSEN, KINDS, MUSTER, document

GOOD = KINDS["dutch business"]
HOSTILE = [
    "<cbc:ID>WB-2026-9999</cbc:ID>",
    "]]><!--",
    '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>&f;',
    "Jansen & Zn \"'><script>alert(1)</script>",
    "{{ settings.SECRET_KEY }}{% load x %}",
]


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_of_document_is_valid(name: str) -> None:
    as_ubl, as_cii = schemas.validate(KINDS[name])
    assert as_ubl.startswith(b"<?xml")
    assert as_cii.startswith(b"<?xml")


def changed(pattern: str, by: str, data: bytes, *, times: int = 1) -> bytes:
    text, count = re.subn(pattern, by, data.decode(), count=times)
    assert count, pattern
    return text.encode()


# Faults in written XML: (what to change, which of our rules finds it). GOOD: 290.00 + 8.33 - 17.26 = 281.07, VAT 59.02.
FAULTS: dict[str, tuple[str, str, str]] = {
    "VAT a cent off": (r">59.02<(.*?)>59.02<", r">59.03<\1>59.03<", "A-02"),
    "VAT ninety cents off": (r">59.02<(.*?)>59.02<", r">59.92<\1>59.92<", "A-02"),
    "VAT total another than its groups": (r">59.02<", ">59.01<", "A-04"),
    "a line isn't quantity times price": (r"(<cbc:LineExtensionAmount[^>]*>)290.00", r"\g<1>290.01", "A-01"),
    "a line's price changed": (r"(<cbc:PriceAmount[^>]*>)290.00", r"\g<1>291.00", "A-01"),
    "a line's quantity changed": (r"(<cbc:InvoicedQuantity[^>]*>)1<", r"\g<1>2<", "A-01"),
    "a line's rate changed": (r"(ClassifiedTaxCategory>.*?<cbc:Percent>)21", r"\g<1>9", "A-03"),
    "a base a cent off": (r"(<cbc:TaxableAmount[^>]*>)281.07", r"\g<1>281.08", "A-03"),
    "the sum of the lines a cent off": (r"(Total>.*?<cbc:LineExtensionAmount[^>]*>)281.07", r"\g<1>281.06", "A-05"),
    "the total without VAT a cent off": (r"(<cbc:TaxExclusiveAmount[^>]*>)281.07", r"\g<1>281.06", "A-05"),
    "the total a cent off": (r"(<cbc:TaxInclusiveAmount[^>]*>)340.09", r"\g<1>340.10", "A-06"),
    "a cent more to pay": (r"(<cbc:PayableAmount[^>]*>)340.09", r"\g<1>340.10", "A-07"),
    "an amount of three decimals": (r"(<cbc:PayableAmount[^>]*>)340.09", r"\g<1>340.091", "A-07"),
    "no KvK number of ours": (r"<cbc:CompanyID schemeID=\"0106\">87654321</cbc:CompanyID>", "", "BR-NL-1"),
    "no reference of the buyer": (r"<cbc:BuyerReference>.*?</cbc:BuyerReference>", "", "BR-NL-2"),
    "no city of ours": (r"<cbc:CityName>Utrecht</cbc:CityName>", "", "BR-NL-3"),
    "no street of the buyer": (r"<cbc:StreetName>Dorpsstraat 12</cbc:StreetName>", "", "BR-NL-4"),
    "a credit note in an invoice": (r">380<", ">381<", "BR-NL-8"),
    "another specification": (r"nlcius:v1.0", "nlcius:v9.9", "BR-NL-0"),
    "a cheque": (r"(<cbc:PaymentMeansCode>)58", r"\g<1>20", "BR-NL-12"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_in_the_xml_is_found(fault: str) -> None:
    pattern, by, rule = FAULTS[fault]
    data = ubl.write(GOOD)
    assert rules.check(GOOD, data) == []
    found = rules.check(GOOD, changed(pattern, by, data))
    assert any(problem.startswith(f"{rule}:") for problem in found), found


@pytest.mark.parametrize("name", KINDS)
def test_no_amount_of_any_document_is_a_cent_off_unseen(name: str) -> None:
    """Every amount, price, quantity and rate in both formats, one by one: a cent more is found by our own rules."""
    made = KINDS[name]
    as_ubl, as_cii = ubl.write(made), cii.write(made)
    assert [*rules.check(made, as_ubl), *figures.differences(as_ubl, as_cii)] == []
    for one, other in ((as_ubl, None), (as_cii, as_ubl)):
        root = etree.fromstring(one)
        spots = [
            spot for spot in root.iter() if etree.QName(spot).localname.endswith(("Amount", "Quantity", "Percent"))
        ]
        spots = [spot for spot in spots if spot.text and spot.text.strip()]
        assert len(spots) >= 10
        for spot in spots:
            was, spot.text = spot.text, str(Decimal(spot.text) + Decimal("0.01"))
            wrong = etree.tostring(root)
            found = rules.check(made, wrong) if other is None else figures.differences(other, wrong)
            assert found, f"{etree.QName(spot).localname} {was}"
            spot.text = was


def test_a_cent_of_vat_passes_the_official_rules_so_ours_are_needed() -> None:
    wrong = changed(r">59.02<(.*?)>59.02<", r">59.03<\1>59.03<", ubl.write(GOOD))
    wrong = changed(r">340.09<", ">340.10<", wrong, times=2)
    assert schemas.check_ubl(wrong, credit=False) == []
    assert rules.check(GOOD, wrong) != []


def test_the_official_rules_are_really_asked() -> None:
    """A large error of VAT breaks BR-CO-17 and BR-S-09; an unknown country breaks a code list; both in both formats."""
    wrong = changed(r">59.02<", ">99.27<", ubl.write(GOOD), times=2)
    assert any("BR-" in problem for problem in schemas.check_ubl(wrong, credit=False))
    wrong = changed(r">59.02<", ">99.27<", cii.write(GOOD), times=2)
    assert any("BR-" in problem for problem in schemas.check_cii(wrong))
    assert schemas.check_ubl(changed(r">NL</cbc:Id", ">XX</cbc:Id", ubl.write(GOOD)), credit=False)
    assert schemas.check_cii(changed(r"<ram:CountryID>NL", "<ram:CountryID>XX", cii.write(GOOD)))
    assert schemas.check_ubl(changed(r"<cbc:IssueDate>.*?</cbc:IssueDate>", "", ubl.write(GOOD)), credit=False)


# Faults in the sale itself: they never reach a number.
WRONG: dict[str, tuple[Callable[[], Document], str]] = {
    "below zero": (lambda: replace(GOOD, totals=Totals((VatGroup("S", Decimal(21), -100, -21),))), "W-01"),
    "no lines": (lambda: replace(GOOD, lines=(), totals=Totals(())), "W-02"),
    "a credit note of nothing": (lambda: replace(KINDS["credit of dutch business"], preceding=""), "W-03"),
    "a negative credit note": (
        lambda: replace(
            KINDS["credit of dutch business"],
            lines=(replace(GOOD.lines[0], quantity=Decimal(-1)),),
        ),
        "W-04",
    ),
    "a reference that isn't one": (lambda: replace(GOOD, rf="RF00BV20260417"), "W-05"),
    "due before it is issued": (lambda: replace(GOOD, due_on=GOOD.issued_on.replace(day=1)), "W-06"),
    "two VAT treatments": (
        lambda: replace(GOOD, lines=(*GOOD.lines, replace(GOOD.lines[0], category="AE", rate=Decimal(0)))),
        "W-07",
    ),
    "reverse charge without VAT id": (
        lambda: replace(document(MUSTER), buyer=replace(MUSTER, vat_id="")),
        "W-08",
    ),
    "reverse charge at home": (lambda: replace(document(MUSTER), buyer=JANSEN), "W-08"),
    "no VAT and no reason": (lambda: document(ACME, reason=""), "W-09"),
    "a carried cent on an invoice": (
        lambda: replace(GOOD, totals=Totals((replace(GOOD.groups[0], vat_cents=5903, carry_cents=1),))),
        "W-11",
    ),
    "other totals than the lines": (
        lambda: replace(GOOD, totals=Totals((replace(GOOD.groups[0], base_cents=1),))),
        "A-0",
    ),
}


@pytest.mark.parametrize("fault", WRONG)
def test_a_wrong_sale_is_refused(fault: str) -> None:
    make, rule = WRONG[fault]
    with pytest.raises(schemas.InvalidInvoice) as caught:
        schemas.validate(make())
    assert any(problem.startswith(rule) for problem in caught.value.problems), caught.value.problems


@pytest.mark.parametrize("text", HOSTILE)
def test_what_a_customer_types_stays_text(text: str) -> None:
    hostile = replace(GOOD, buyer=replace(JANSEN, name=text, street=text, city=text), buyer_reference=text)
    as_ubl, as_cii = schemas.validate(hostile)
    for data, path in ((as_ubl, ".//{*}RegistrationName"), (as_cii, ".//{*}BuyerTradeParty/{*}Name")):
        root = schemas.parse(data)
        assert text in [element.text for element in root.iterfind(path)]
        assert len(root.findall("{*}ID")) <= 1
    assert b"root:" not in as_ubl + as_cii


def test_a_character_that_xml_can_not_hold_is_refused_before_a_number_is_spent() -> None:
    with pytest.raises(schemas.InvalidInvoice, match="XML"):
        schemas.validate(replace(GOOD, buyer=replace(JANSEN, name="Jan\x00sen")))


def test_a_consumer_gets_no_specification_that_asks_a_kvk_number() -> None:
    assert ubl.customization(KINDS["dutch consumer"]) == ubl.CORE
    assert ubl.customization(GOOD) == ubl.NLCIUS


def test_no_mail_address_is_in_what_is_archived() -> None:
    for made in KINDS.values():
        assert b"@" not in ubl.write(made) + cii.write(made)
