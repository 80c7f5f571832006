"""The block at the top of a page: what this is, for whom, and what to do next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from django.utils.translation import gettext_lazy as _

from sites.blocks.base import Block
from sites.blocks.shared import Drawing, IconLine
from sites.schema import rich
from sites.schema.parts import Anchor, Choice, Image, Items, Link, LinkValue, Rich, Text
from sites.schema.rich import RichText


class Hero(Block):
    """Heading with picture."""

    title = _("Heading with picture")
    summary = _("Words and a large picture")
    icon: ClassVar[str] = "panels-top-left"
    template = "blocks/hero.html"

    type: Literal["hero"] = "hero"
    kicker: str = Text(_("Small line above"), 50, inline=True, help=_("For example your trade and town."))
    heading: str = Text(_("Heading"), 90, inline=True, required=True)
    intro: RichText = Rich(_("Introduction"), rich.PARAGRAPHS)
    button: LinkValue = Link(_("Button"))
    second: LinkValue = Link(_("Second button"))
    facts: list[IconLine] = Items(_("Facts"), max_items=4)
    image: str | None = Image(_("Picture"))
    drawing: str = Drawing()
    picture_side: str = Choice(_("Picture stands"), {"right": _("Right"), "left": _("Left")})
    anchor: str = Anchor()

    @classmethod
    def blank(cls) -> Mapping[str, Any]:
        """Return a new block's content."""
        return {"heading": str(_("Your heading")), "drawing": "shapes"}

    @classmethod
    def example(cls) -> Mapping[str, Any]:
        """Return content that shows every part."""
        return {
            "kicker": "Bakker in Rotterdam",
            "heading": "Desem, elke ochtend vers",
            "intro": rich.document(
                "We beginnen om drie uur ’s nachts, zodat jouw brood om half acht nog warm is. "
                "Bestel vóór 17.00 uur en haal het morgen op."
            ),
            "button": {"label": "Bestel brood", "href": "#contact"},
            "second": {"label": "Bekijk het assortiment", "href": "#brood"},
            "facts": [
                {"icon": "clock", "text": "Di t/m za vanaf 7.30"},
                {"icon": "wheat", "text": "Alleen biologisch meel"},
            ],
            "drawing": "bread",
        }
