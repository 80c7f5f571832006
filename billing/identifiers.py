"""VAT ids, KvK numbers, postcodes and IBANs: normalised, checked, and refused in words that say what to do."""

from __future__ import annotations

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from stdnum import exceptions
from stdnum import iban as ibans
from stdnum.eu import vat

EU = frozenset("AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split())
COUNTRIES: dict[str, str | Promise] = {
    "NL": _("Netherlands"),
    "BE": _("Belgium"),
    "DE": _("Germany"),
    "AT": _("Austria"),
    "BG": _("Bulgaria"),
    "HR": _("Croatia"),
    "CY": _("Cyprus"),
    "CZ": _("Czechia"),
    "DK": _("Denmark"),
    "EE": _("Estonia"),
    "FI": _("Finland"),
    "FR": _("France"),
    "GR": _("Greece"),
    "HU": _("Hungary"),
    "IE": _("Ireland"),
    "IT": _("Italy"),
    "LV": _("Latvia"),
    "LT": _("Lithuania"),
    "LU": _("Luxembourg"),
    "MT": _("Malta"),
    "PL": _("Poland"),
    "PT": _("Portugal"),
    "RO": _("Romania"),
    "SK": _("Slovakia"),
    "SI": _("Slovenia"),
    "ES": _("Spain"),
    "SE": _("Sweden"),
    "GB": _("United Kingdom"),
    "CH": _("Switzerland"),
    "NO": _("Norway"),
    "US": _("United States"),
    "CW": _("Curaçao"),
    "AW": _("Aruba"),
    "SR": _("Suriname"),
}
# What a postcode looks like where we know it; elsewhere any short text will do.
POSTCODES = {
    "NL": (r"[1-9]\d{3} ?[A-Z]{2}", _("A Dutch postcode is four digits and two letters, such as 3511 AB.")),
    "BE": (r"[1-9]\d{3}", _("A Belgian postcode is four digits, such as 2000.")),
    "DE": (r"\d{5}", _("A German postcode is five digits, such as 50667.")),
}


def clean_text(text: str) -> str:
    """Return one line of text without control characters, blanks collapsed: what is printed and written as XML."""
    kept = "".join(" " if unicodedata.category(c)[0] == "C" or c.isspace() else c for c in text)
    return " ".join(unicodedata.normalize("NFC", kept).split())


def _squeezed(text: str) -> str:
    return re.sub(r"[\s.\-/]", "", text).upper()


def vat_prefix(country: str) -> str:
    """Return the first two letters of a country's VAT ids: EL for Greece."""
    return "EL" if country == "GR" else country


def clean_vat_id(text: str, *, country: str) -> str:
    """Return a VAT id as it stands on invoices; "" stays "". Outside the EU it is only normalised.

    Args: country: two letters of the address. Raises ValidationError in words for the person who typed it.
    """
    value = _squeezed(text)
    if not value or country not in EU:
        return value[:20]
    prefix = vat_prefix(country)
    if not value.startswith(prefix):
        if re.match(r"[A-Z]{2}", value) and value[:2] in {vat_prefix(c) for c in EU}:
            raise ValidationError(
                _("This VAT id is of another country than the address. It should start with %(prefix)s."),
                params={"prefix": prefix},
            )
        value = prefix + value
    if country == "NL" and not re.fullmatch(r"NL\d{9}B\d{2}", value):
        short, long = _("A character is missing"), _("There is a character too many")
        what = short if len(value) < 14 else long if len(value) > 14 else _("Something isn't right")
        raise ValidationError(_("%(what)s. A Dutch VAT id looks like NL123456789B01."), params={"what": what})
    try:
        return str(vat.validate(value))
    except exceptions.InvalidChecksum as error:
        raise ValidationError(
            _("A digit in this VAT id isn't right: it doesn't add up. Compare it with your letter of the tax office.")
        ) from error
    except exceptions.ValidationError as error:
        raise ValidationError(
            _("This is no VAT id of that country. Compare it with your letter of the tax office.")
        ) from error


def clean_kvk(text: str) -> str:
    """Return a KvK number of eight digits; "" stays "". Raises ValidationError."""
    value = _squeezed(text)
    if value and not re.fullmatch(r"\d{8}", value):
        raise ValidationError(_("A KvK number has eight digits. You find it on your extract of the KvK."))
    return value


def clean_postcode(text: str, *, country: str) -> str:
    """Return a postcode as it is written in that country. Raises ValidationError."""
    value = " ".join(text.upper().split())
    pattern, words = POSTCODES.get(country, (r"[A-Z0-9][A-Z0-9 \-]{1,11}", _("This is no postcode of that country.")))
    if not re.fullmatch(pattern, value):
        raise ValidationError(words)
    return f"{value[:4]} {value[-2:]}" if country == "NL" else value


def clean_iban(text: str) -> str:
    """Return an IBAN without blanks. Raises ValidationError."""
    value = _squeezed(text)
    try:
        return str(ibans.validate(value))
    except exceptions.InvalidChecksum as error:
        raise ValidationError(
            _("A character in this IBAN isn't right: it doesn't add up. Copy it from your bank's app.")
        ) from error
    except exceptions.ValidationError as error:
        raise ValidationError(
            _("This is no IBAN: it starts with two letters and two digits, such as NL91 ABNA 0417 1643 00.")
        ) from error
