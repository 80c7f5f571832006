"""Where to find someone and how to reach them, marked up for search engines and phones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from django.utils.translation import gettext_lazy as _

from sites.blocks.base import Block
from sites.blocks.shared import Drawing, IconLine, Tone, tel
from sites.schema.parts import Anchor, Image, Items, Link, LinkValue, LongText, Text

PHONE = r"^[0-9+() .\-/]{0,30}$"
MAIL = r"^(?:[^\s@<>\"]{1,64}@[^\s@<>\"]{1,180}\.[A-Za-z]{2,24})?$"


class Contact(Block):
    """Contact details."""

    title = _("Contact details")
    summary = _("Address, telephone, mail")
    icon: ClassVar[str] = "map-pin"
    template = "blocks/contact.html"

    type: Literal["contact"] = "contact"
    heading: str = Text(_("Heading"), 120, inline=True, required=True)
    intro: str = LongText(_("Introduction"), 300, inline=True)
    street: str = Text(_("Street and number"), 100)
    postal_code: str = Text(_("Postal code"), 10)
    city: str = Text(_("Town"), 60)
    phone: str = Text(_("Telephone number"), 30, pattern=PHONE)
    email: str = Text(_("Mail address"), 200, pattern=MAIL)
    lines: list[IconLine] = Items(_("More lines"), max_items=6)
    route: LinkValue = Link(
        _("Link to a map"), help=_("The map opens on another website; yours loads nothing from there.")
    )
    image: str | None = Image(_("Picture"))
    drawing: str = Drawing()
    tone: str = Tone()
    anchor: str = Anchor()

    def shown_too(self, scene: Any) -> Mapping[str, Any]:
        """Return the tel: link."""
        return {"tel": tel(self.phone)}

    def problems(self) -> list[tuple[str, str]]:
        """Return that there is no way to reach anyone."""
        if not (self.street or self.phone or self.email or self.lines):
            return [("phone", str(_("Fill in at least one way to reach you.")))]
        return []

    @classmethod
    def blank(cls) -> Mapping[str, Any]:
        """Return a new block's content."""
        return {"heading": str(_("Contact")), "anchor": ""}

    @classmethod
    def example(cls) -> Mapping[str, Any]:
        """Return content that shows every part."""
        return {
            "heading": "Kom langs aan het plein",
            "intro": "Bel gerust, liefst na tien uur.",
            "street": "Zuiderplein 14",
            "postal_code": "3083 AB",
            "city": "Rotterdam",
            "phone": "010 486 22 10",
            "email": "hallo@bakkerijzuiderplein.nl",
            "lines": [{"icon": "bike", "text": "Fietsrek voor de deur, tram 25 stopt op 80 meter"}],
            "route": {
                "label": "Bekijk de route",
                "href": "https://www.openstreetmap.org/search?query=Zuiderplein%20Rotterdam",
            },
            "drawing": "canal_houses",
        }
