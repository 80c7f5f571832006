"""A number, with a comma or a point."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar, Literal

from django.utils import formats
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from sites.fields.base import Field, Refused
from sites.schema.parts import Number as NumberPart
from sites.schema.parts import Text

LIMIT = 1_000_000_000


class Number(Field):
    """Number."""

    title = _("Number")
    icon: ClassVar[str] = "sliders-horizontal"
    template = "fields/number.html"
    max_answer: ClassVar[int] = 24

    type: Literal["number"] = "number"
    minimum: int | None = NumberPart(_("At least"), -LIMIT, LIMIT)
    maximum: int | None = NumberPart(_("At most"), -LIMIT, LIMIT)
    decimals: int | None = NumberPart(_("Digits after the comma"), 0, 4, default=0)
    unit: str = Text(_("Unit"), 20, help=_("For example: people, kg, €."))

    @classmethod
    def example(cls) -> Mapping[str, Any]:
        """Return what the sample has besides the common parts."""
        return {"minimum": 1, "maximum": 12, "unit": "personen"}

    def wrong(self) -> str:
        """Return what to do about an answer that isn't a number."""
        return gettext("Fill in a number.")

    def parse(self, texts: list[str]) -> str:
        """Return the number as plain text with a point, such as `1250.5`: no rounding on the way. Raises Refused."""
        text = texts[0].replace(" ", "").replace("\u00a0", "").replace("\u202f", "").replace("−", "-").removeprefix("€")
        if "," in text and "." in text:
            # The last of the two separates the decimals: 1.250,50 and 1,250.50.
            group = "." if text.rindex(",") > text.rindex(".") else ","
            text = text.replace(group, "")
        elif re.fullmatch(r"-?[1-9][0-9]{0,2}(?:\.[0-9]{3})+", text) and not self.decimals:
            text = text.replace(".", "")
        text = text.replace(",", ".")
        if not re.fullmatch(r"-?[0-9]{1,12}(?:\.[0-9]{1,8})?", text):
            raise Refused(self.wrong())
        number = Decimal(text)
        exponent = number.normalize().as_tuple().exponent
        if isinstance(exponent, int) and -exponent > (self.decimals or 0):
            if not self.decimals:
                raise Refused(gettext("Fill in a whole number."))
            raise Refused(gettext("Use at most %(count)d digits after the comma.") % {"count": self.decimals})
        if self.minimum is not None and number < self.minimum:
            raise Refused(gettext("Fill in %(number)s or more.") % {"number": formats.number_format(self.minimum)})
        if self.maximum is not None and number > self.maximum:
            raise Refused(gettext("Fill in %(number)s or less.") % {"number": formats.number_format(self.maximum)})
        return format(number, "f")

    def display(self, value: Any) -> str:
        """Return the number as people of the active language write it, with its unit."""
        if value is None:
            return ""
        text = str(formats.number_format(Decimal(str(value)), use_l10n=True))
        if self.unit in ("€", "$", "£"):
            return f"{self.unit} {text}"
        return f"{text} {self.unit}".strip()

    def problems(self) -> list[tuple[str, str]]:
        """Return limits that exclude every answer."""
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            return [("maximum", gettext("This is less than the lowest possible answer."))]
        return []
