"""Which VAT an invoice carries: one decision table for a Dutch seller of electronic services.

Sources: Wet OB art. 6 and 12; Directive 2006/112/EC art. 44, 58 (place of supply), 196 (reverse charge), 369a (OSS).
Rates stand in the dated table `VatRate`; an invoice copies the rate that held on its day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from billing.identifiers import EU

HOME = "NL"
KEEP_YEARS = 7  # art. 52 AWR
KEEP_YEARS_OSS = 10  # art. 369k Directive 2006/112/EC


@dataclass(frozen=True)
class Treatment:
    """How a sale is taxed.

    Args: kind: nl, reverse, oss or outside, as the returns ask for it; category: of EN 16931; country: whose rate;
    keep_years: how long the invoice must be kept, counted from the end of its year.
    """

    kind: str
    category: str
    country: str
    keep_years: int = KEEP_YEARS

    @property
    def taxed(self) -> bool:
        """Whether a rate applies."""
        return self.category == "S"

    def reason(self) -> str:
        """Return the sentence that the invoice must carry when no VAT is charged (a text: NLCIUS warns about codes)."""
        return {
            "AE": _("VAT reverse-charged to you (article 196 of Directive 2006/112/EC)"),
            "O": _("Not subject to Dutch VAT (article 6 of the VAT Act 1968)"),
        }.get(self.category, "")


def decide(*, country: str, business: bool, vat_id_verified: bool, oss: bool) -> Treatment:
    """Return the treatment of a sale to somebody in `country`.

    Args: country: two letters of the billing address; vat_id_verified: the tax authorities know the id as valid;
    oss: we are registered for the One Stop Shop (below 10,000 euros a year the Dutch rate may be used instead).
    """
    if country == HOME:
        return Treatment("nl", "S", HOME)
    if country not in EU:
        return Treatment("outside", "O", country)
    if business and vat_id_verified:
        return Treatment("reverse", "AE", country)
    if oss:
        return Treatment("oss", "S", country, KEEP_YEARS_OSS)
    return Treatment("nl", "S", HOME)


# Standard rates for electronic services (percent) and since when; those of 2024 and later changes.
RATES: tuple[tuple[str, str, str], ...] = (
    *((code, rate, "2024-01-01") for code, rate in (
        ("AT", "20"), ("BE", "21"), ("BG", "20"), ("CY", "19"), ("CZ", "21"), ("DE", "19"), ("DK", "25"), ("EE", "22"),
        ("ES", "21"), ("FI", "24"), ("FR", "20"), ("GR", "24"), ("HR", "25"), ("HU", "27"), ("IE", "23"), ("IT", "22"),
        ("LT", "21"), ("LU", "17"), ("LV", "21"), ("MT", "18"), ("NL", "21"), ("PL", "23"), ("PT", "23"), ("RO", "19"),
        ("SE", "25"), ("SI", "22"), ("SK", "20"),
    )),
    ("FI", "25.5", "2024-09-01"),
    ("SK", "23", "2025-01-01"),
    ("EE", "24", "2025-07-01"),
    ("RO", "21", "2025-08-01"),
)  # fmt: skip


def keep_until(issued_on: date, treatment_kind: str) -> date:
    """Return the last day on which an invoice must be kept: 31 December of its year + 7, or + 10 under OSS."""
    years = KEEP_YEARS_OSS if treatment_kind == "oss" else KEEP_YEARS
    return date(issued_on.year + years, 12, 31)
