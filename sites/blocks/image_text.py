"""A picture beside text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from django.utils.translation import gettext_lazy as _

from sites.blocks.base import Block
from sites.blocks.shared import Drawing, IconLine, Tone
from sites.schema import rich
from sites.schema.parts import Anchor, Choice, Image, Items, Link, LinkValue, Rich, Text
from sites.schema.rich import RichText


class ImageText(Block):
    """Picture with text."""

    title = _("Picture with text")
    summary = _("Side by side")
    icon: ClassVar[str] = "panel-left"
    template = "blocks/image_text.html"

    type: Literal["image_text"] = "image_text"
    heading: str = Text(_("Heading"), 120, inline=True, required=True)
    body: RichText = Rich(_("Text"), required=True)
    points: list[IconLine] = Items(_("Points"), max_items=8)
    button: LinkValue = Link(_("Button"))
    image: str | None = Image(_("Picture"))
    drawing: str = Drawing()
    picture_side: str = Choice(_("Picture stands"), {"left": _("Left"), "right": _("Right")})
    tone: str = Tone("soft")
    anchor: str = Anchor()

    @classmethod
    def blank(cls) -> Mapping[str, Any]:
        """Return a new block's content."""
        return {"heading": str(_("Your heading")), "drawing": "shapes"}

    @classmethod
    def example(cls) -> Mapping[str, Any]:
        """Return content that shows every part."""
        return {
            "heading": "Meel, water, zout en tijd",
            "body": rich.document(
                "Ons desem heet Greet. Ze leeft sinds 1998 en eet twee keer per dag een schep rogge. "
                "Meer zit er niet in het brood: geen gist, geen verbeteraar, geen suiker.",
                "Het meel komt van molen De Distilleerketel in Delfshaven. Dat is negen kilometer, op de bakfiets.",
            ),
            "points": [
                {"icon": "check", "text": "Steenoven op hout en groene stroom"},
                {"icon": "check", "text": "Brood van gisteren voor de halve prijs"},
                {"icon": "check", "text": "Wat overblijft gaat naar de Voedselbank"},
            ],
            "button": {"label": "Lees meer over ons", "href": "/over-ons"},
            "drawing": "oven",
            "picture_side": "right",
            "tone": "tint",
        }
