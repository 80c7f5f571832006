"""A telephone number, written the Dutch or the international way."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from sites.fields.base import Field, Refused

SEPARATORS = re.compile(r"[\s()./\-\u2010-\u2015]")


class Phone(Field):
    """Telephone number."""

    title = _("Telephone number")
    icon: ClassVar[str] = "phone"
    template = "fields/phone.html"
    max_answer: ClassVar[int] = 40

    type: Literal["phone"] = "phone"

    @classmethod
    def blank(cls) -> Mapping[str, Any]:
        """Return a new field's content: a telephone number is personal data."""
        return {"personal": "ordinary"}

    @property
    def autocomplete(self) -> str:
        """Return the autocomplete token."""
        return "tel"

    def wrong(self) -> str:
        """Return what to do about a number that can't be right."""
        return gettext("Fill in a telephone number, for example 06 12345678 or +32 470 12 34 56.")

    def parse(self, texts: list[str]) -> str:
        """Return the number in E.164: 06-12 34 56 78 becomes +31612345678 (Dutch numbering plan). Raises Refused."""
        number = SEPARATORS.sub("", texts[0].replace("(0)", ""))
        if number.startswith("00"):
            number = "+" + number[2:]
        if re.fullmatch(r"\+[1-9][0-9]{6,14}", number):
            if number.startswith("+31"):
                return self._dutch(number[3:].removeprefix("0"))
            return number
        if re.fullmatch(r"0[1-9][0-9]+", number):
            return self._dutch(number[1:])
        raise Refused(self.wrong())

    def _dutch(self, national: str) -> str:
        # Nine digits after the 0; the service numbers 0800, 0900 … have seven to ten, 14xx has no 0.
        service = national[:2] in ("80", "90", "91", "97")
        if len(national) == 9 or (service and 6 <= len(national) <= 10):
            return f"+31{national}"
        short = 9 - len(national)
        if 0 < short <= 3:
            words = gettext("This number is too short: a Dutch number has ten digits.")
        elif short < 0:
            words = gettext("This number is too long: a Dutch number has ten digits.")
        else:
            words = self.wrong()
        raise Refused(words)

    def display(self, value: Any) -> str:
        """Return +31612345678 as 06 12345678 and leave foreign numbers as they are."""
        if not isinstance(value, str):
            return ""
        if not value.startswith("+31"):
            return value
        national = value[3:]
        if national.startswith("6"):
            return f"06 {national[1:]}"
        area = 2 if national[:2] in AREAS_OF_TWO else 3
        return f"0{national[:area]} {national[area:]}" if len(national) == 9 else f"0{national}"


# Area codes of three digits with the 0 (010, 020 …); every other one has four.
AREAS_OF_TWO = frozenset(
    [
        "10",
        "13",
        "15",
        "20",
        "23",
        "24",
        "26",
        "30",
        "33",
        "35",
        "36",
        "38",
        "40",
        "43",
        "45",
        "46",
        "50",
        "53",
        "55",
        "58",
        "70",
        "71",
        "72",
        "73",
        "74",
        "75",
        "76",
        "77",
        "78",
        "79",
        "85",
        "88",
    ]
)
