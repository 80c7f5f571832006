"""A date, from a calendar or typed the Dutch way."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

from django.utils import formats
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from sites.fields.base import Field, Refused

MONTHS = {
    "jan": 1, "feb": 2, "maa": 3, "mrt": 3, "mar": 3, "apr": 4, "mei": 5, "may": 5, "jun": 6,
    "jul": 7, "aug": 8, "sep": 9, "okt": 10, "oct": 10, "nov": 11, "dec": 12,
}  # fmt: skip
NUMBERS = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4})")
WORDS = re.compile(r"(\d{1,2})[-. ]+([a-z]{3,9})\.?[-. ]+(\d{4})", re.IGNORECASE)
ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})")


class Date(Field):
    """Date."""

    title = _("Date")
    icon: ClassVar[str] = "calendar"
    template = "fields/date.html"
    max_answer: ClassVar[int] = 30

    type: Literal["date"] = "date"

    def wrong(self) -> str:
        """Return what to do about an answer that isn't a date."""
        return gettext("Fill in a date, for example 24-12-2026.")

    def parse(self, texts: list[str]) -> str:
        """Return YYYY-MM-DD from 2026-12-24, 24-12-2026, 24/12/2026 or 24 december 2026. Raises Refused."""
        text = texts[0].lower()
        if match := ISO.fullmatch(text):
            year, month, day = (int(part) for part in match.groups())
        elif match := NUMBERS.fullmatch(text):
            day, month, year = (int(part) for part in match.groups())
        elif (match := WORDS.fullmatch(text)) and match[2][:3] in MONTHS:
            day, month, year = int(match[1]), MONTHS[match[2][:3]], int(match[3])
        else:
            raise Refused(self.wrong())
        try:
            date = dt.date(year, month, day)
        except ValueError:
            raise Refused(gettext("This date doesn't exist.")) from None
        if not 1900 <= date.year <= 2200:
            raise Refused(gettext("The year has to be between 1900 and 2200."))
        return date.isoformat()

    def control(self, values: Sequence[str]) -> Mapping[str, Any]:
        """Return the typed date for the browser's calendar; text that isn't a date stays text and isn't lost."""
        try:
            return {"iso": self.clean(values) or ""}
        except Refused:
            return {"iso": ""}

    def display(self, value: Any) -> str:
        """Return the date in words of the active language."""
        try:
            return str(formats.date_format(dt.date.fromisoformat(str(value)), "DATE_FORMAT"))
        except ValueError:
            return ""
