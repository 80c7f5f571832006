"""Opening hours per day, readable for people and for search engines."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, ClassVar, Literal

from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from pydantic import field_validator
from pydantic_core import PydanticCustomError

from sites.blocks.base import Block
from sites.blocks.shared import Icon, Tone
from sites.schema.parts import Anchor, Choice, Choices, Items, LongText, Part, Text, Time

DAYS: Choices = {
    "mo": _("Monday"),
    "tu": _("Tuesday"),
    "we": _("Wednesday"),
    "th": _("Thursday"),
    "fr": _("Friday"),
    "sa": _("Saturday"),
    "su": _("Sunday"),
}


class OpeningDay(Part):
    """One day; without times it is a day off. The second pair is for after the break."""

    day: str = Choice(_("Day"), DAYS)
    opens: str = Time(_("Open from"), help=_("As 7:30. Empty: closed."))
    closes: str = Time(_("Until"))
    opens_again: str = Time(_("Open again from"))
    closes_again: str = Time(_("Until"))

    @property
    def spans(self) -> list[tuple[str, str]]:
        """Return the (from, until) pairs of the day; empty when closed."""
        pairs = [(self.opens, self.closes), (self.opens_again, self.closes_again)]
        return [(start, end) for start, end in pairs if start and end]


def clock(time: str, language: str) -> str:
    """Return `07:30` as people of a language write it: 7.30 in Dutch, 7:30 in English."""
    hours, minutes = time.split(":")
    return f"{int(hours)}{'.' if language.startswith('nl') else ':'}{minutes}"


class OpeningHours(Block):
    """Opening hours."""

    title = _("Opening hours")
    summary = _("By day, with a note")
    icon: ClassVar[str] = "clock"
    template = "blocks/opening_hours.html"

    type: Literal["opening_hours"] = "opening_hours"
    heading: str = Text(_("Heading"), 120, inline=True, required=True)
    intro: str = LongText(_("Introduction"), 300, inline=True)
    days: list[OpeningDay] = Items(_("Days"), max_items=7, required=True)
    note_icon: str = Icon("calendar")
    note: str = LongText(_("Note"), 300, inline=True, help=_("For example about holidays or parking."))
    tone: str = Tone("deep")
    anchor: str = Anchor()

    @field_validator("days")
    @classmethod
    def _once(cls, days: list[OpeningDay]) -> list[OpeningDay]:
        if len({day.day for day in days}) != len(days):
            raise PydanticCustomError("day_twice", "A day occurs twice.")
        return days

    def shown_too(self, scene: Any) -> Mapping[str, Any]:
        """Return the rows of the table and their microdata."""
        rows = []
        for day in self.days:
            spans = [f"{clock(start, scene.language)} – {clock(end, scene.language)}" for start, end in day.spans]
            data = [f"{day.day.title()} {start}-{end}" for start, end in day.spans]
            rows.append({"day": capfirst(str(DAYS[day.day])), "spans": spans, "data": data})
        return {"rows": rows}

    def problems(self) -> list[tuple[str, str]]:
        """Return days whose times can't be."""
        found = []
        for index, day in enumerate(self.days):
            times = [day.opens, day.closes, day.opens_again, day.closes_again]
            if bool(day.opens) != bool(day.closes):
                name = "closes" if day.opens else "opens"
                found.append((f"days.{index}.{name}", str(_("Fill in both times, or neither."))))
            elif bool(day.opens_again) != bool(day.closes_again):
                name = "closes_again" if day.opens_again else "opens_again"
                found.append((f"days.{index}.{name}", str(_("Fill in both times, or neither."))))
            elif day.opens_again and not day.opens:
                found.append((f"days.{index}.opens", str(_("Fill in the first times first."))))
            else:
                given = [time for time in times if time]
                # Past midnight is possible for the last time only: 17:00 – 01:00.
                if any(earlier >= later for earlier, later in pairwise(given[:-1])):
                    found.append((f"days.{index}.opens", str(_("These times are not in order."))))
                elif len(given) == 2 and given[0] == given[1]:
                    found.append((f"days.{index}.closes", str(_("Opening and closing are the same time."))))
        return found

    @classmethod
    def blank(cls) -> Mapping[str, Any]:
        """Return a new block's content: an office week."""
        days = [{"day": day, "opens": "09:00", "closes": "17:00"} for day in ("mo", "tu", "we", "th", "fr")]
        return {"heading": str(_("Opening hours")), "days": [*days, {"day": "sa"}, {"day": "su"}]}

    @classmethod
    def example(cls) -> Mapping[str, Any]:
        """Return content that shows every part."""
        week = [{"day": day, "opens": "07:30", "closes": "17:30"} for day in ("tu", "we", "th")]
        return {
            "heading": "Open van half acht tot het op is",
            "intro": "De geur begint al om vijf uur. De deur gaat wat later open.",
            "days": [
                {"day": "mo"},
                *week,
                {"day": "fr", "opens": "07:30", "closes": "12:30", "opens_again": "13:30", "closes_again": "18:00"},
                {"day": "sa", "opens": "07:30", "closes": "16:00"},
                {"day": "su"},
            ],
            "note": "Donderdag 24 december zijn we open van 6.30 tot 15.00 uur. Daarna slapen we uit.",
        }
