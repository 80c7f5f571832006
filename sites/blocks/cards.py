"""Cards beside each other: products with a picture, or services with an icon."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from django.utils.translation import gettext_lazy as _

from sites.blocks.base import Block
from sites.blocks.shared import Drawing, Icon, Tone
from sites.schema.parts import Anchor, Choice, Choices, Image, Items, Link, LinkValue, LongText, Part, Text

LOOKS: Choices = {"tiles": _("A frame and an icon"), "pictures": _("A picture"), "portraits": _("A portrait")}


class Card(Part):
    """One card."""

    heading: str = Text(_("Heading"), 80, inline=True, required=True)
    aside: str = Text(_("Price or label"), 20, inline=True)
    text: str = LongText(_("Text"), 400, inline=True)
    link: LinkValue = Link(_("Link"))
    icon: str = Icon()
    image: str | None = Image(_("Picture"))
    drawing: str = Drawing()


class Cards(Block):
    """Cards."""

    title = _("Cards")
    summary = _("Services or products")
    icon: ClassVar[str] = "layout-grid"
    template = "blocks/cards.html"

    type: Literal["cards"] = "cards"
    heading: str = Text(_("Heading"), 120, inline=True)
    intro: str = LongText(_("Introduction"), 300, inline=True)
    look: str = Choice(_("Cards have"), LOOKS)
    items: list[Card] = Items(_("Cards"), max_items=24, required=True)
    tone: str = Tone()
    anchor: str = Anchor()

    @classmethod
    def blank(cls) -> Mapping[str, Any]:
        """Return a new block's content."""
        card = {"heading": str(_("Card")), "icon": "star"}
        return {"heading": str(_("Your heading")), "items": [card, card, card]}

    @classmethod
    def example(cls) -> Mapping[str, Any]:
        """Return content that shows every part."""
        return {
            "heading": "Vandaag uit de oven",
            "intro": "Zeven soorten brood, elke dag. Op is op, tenzij je bestelt.",
            "look": "pictures",
            "items": [
                {
                    "heading": "Zuider desem",
                    "aside": "€ 5,40",
                    "text": "48 uur gerezen, dikke korst, vanbinnen zacht en zurig.",
                    "drawing": "loaf",
                },
                {
                    "heading": "Volkoren met pit",
                    "aside": "€ 4,60",
                    "text": "Zonnebloem, lijnzaad en pompoen. Blijft vier dagen goed.",
                    "drawing": "tin_loaf",
                },
                {
                    "heading": "Stokbrood",
                    "aside": "€ 2,85",
                    "text": "Twee keer per dag gebakken, om half acht en om drie uur.",
                    "drawing": "baguettes",
                },
                {
                    "heading": "Roomboter­croissant",
                    "aside": "€ 2,20",
                    "text": "Drie dagen werk, in vijf happen op. Ook ingevroren.",
                    "drawing": "croissants",
                    "link": {"label": "Bestel vooruit", "href": "#contact"},
                },
            ],
        }
