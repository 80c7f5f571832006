"""What looks like a visitor's data in a question is found, and made unreadable on request."""

from __future__ import annotations

import pytest

from privacy.masking import MASK, find, mask


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Een klant belde dat 06 1234 5678 niet werd geaccepteerd.", ["06 1234 5678"]),
        ("Bel +31 (0)20-123 45 67 of mail jan+nl@bakkerij.nl.", ["+31 (0)20-123 45 67", "jan+nl@bakkerij.nl"]),
        ("Op 25-11-2026 om 09:42 kwamen 1250 inzendingen, vraag #1042.", []),
        ("IBAN NL91ABNA0417164300 en postcode 3526 KL", []),
        ("0031612345678", ["0031612345678"]),
    ],
)
def test_addresses_and_numbers_are_found(text: str, found: list[str]) -> None:
    assert [each.text for each in find(text)] == found
    hidden = mask(text)
    assert len(hidden) == len(text)
    assert find(hidden) == []
    assert (MASK in hidden) == bool(found)
    for each in found:
        assert each not in hidden
