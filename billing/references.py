"""Payment references (ISO 11649 "RF") and the QR code that a bank's app scans (EPC069-12)."""

from __future__ import annotations

import re

import segno
from segno import helpers
from stdnum import iban as ibans
from stdnum import iso11649
from stdnum.iso7064 import mod_97_10

from billing.money import euros

# RF, two check digits, up to 21 characters; banks break it with blanks and line ends anywhere.
# A lookahead: what follows one reference may be taken for a part of it and hide the next one.
_SPREAD = re.compile(r"(?=(R\s*F\s*(?:[0-9]\s*){2}(?:[A-Z0-9]\s*){1,21}))")


def make_rf(code: str) -> str:
    """Return the RF reference of `code` (capitals and digits, at most 21): "BV20260417" gives "RF..BV20260417".

    Raises ValueError for anything else.
    """
    if not re.fullmatch(r"[A-Z0-9]{1,21}", code):
        raise ValueError(f"{code!r} can't be in a payment reference")
    return "RF" + mod_97_10.calc_check_digits(f"{code}RF") + code


def grouped(text: str) -> str:
    """Return a reference or IBAN in groups of four, as people copy it."""
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


def is_rf(text: str) -> bool:
    """Whether `text` without blanks is a valid RF reference."""
    return bool(iso11649.is_valid(re.sub(r"\s", "", text.upper())))


def find_rf(text: str) -> list[str]:
    """Return every text that could be an RF reference in a bank's free text, however it is broken up; each once.

    What follows a reference may be glued to it, and one reading in 97 is valid by chance: the caller looks up which of
    them is known.
    """
    found: dict[str, None] = {}
    for match in _SPREAD.finditer(text.upper()):
        joined = "".join(match.group(1).split())
        for size in reversed(_valid_sizes(joined)):
            found[joined[:size]] = None
    return list(found)


def _valid_sizes(joined: str) -> list[int]:
    """Return how many of its first characters make a valid reference, by one pass of ISO 7064 mod 97-10.

    A statement has thousands of lines, and each reading of each reference would be a pass of its own.
    """
    check, rest, sizes = int(joined[2:4]), 0, []
    for size, char in enumerate(joined[4:25], 5):
        rest = (rest * 10 + ord(char) - 48) % 97 if char.isdigit() else (rest * 100 + ord(char) - 55) % 97
        if (rest * 1_000_000 + 271_500 + check) % 97 == 1:  # followed by RF, as digits, and the check digits
            sizes.append(size)
    return sizes


def epc_qr(*, name: str, iban: str, cents: int, rf: str) -> segno.QRCode:
    """Return the QR code of a SEPA transfer.

    segno takes any IBAN and reference as they are, so both are checked here. Raises ValueError.
    """
    if not ibans.is_valid(iban) or not is_rf(rf) or not 1 <= cents <= 99_999_999_999:
        raise ValueError("no transfer can be made of this IBAN, amount and reference")
    return helpers.make_epc_qr(name=name[:70], iban=ibans.compact(iban), amount=euros(cents), reference=rf)


def epc_svg(*, name: str, iban: str, cents: int, rf: str, title: str = "") -> str:
    """Return that code as inline SVG without styles or scripts; see `epc_qr`."""
    code = epc_qr(name=name, iban=iban, cents=cents, rf=rf)
    return str(code.svg_inline(border=2, omitsize=True, svgclass="qr__code", lineclass=None, title=title or None))
