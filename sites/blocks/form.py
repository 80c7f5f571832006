"""A form of the site, placed on a page. Its fields are defined with the form itself (`sites.fields`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from django.utils.translation import gettext_lazy as _

from sites.blocks.base import Block
from sites.blocks.shared import IconLine, Tone
from sites.schema import rich
from sites.schema.parts import Anchor, FormRef, Items, Rich, Text
from sites.schema.rich import RichText


class FormBlock(Block):
    """Form."""

    title = _("Form")
    summary = _("Questions with a term of keeping")
    icon: ClassVar[str] = "clipboard-list"
    template = "blocks/form.html"

    type: Literal["form"] = "form"
    form: str | None = FormRef(_("Which form"))
    heading: str = Text(_("Heading"), 120, inline=True, required=True)
    intro: RichText = Rich(_("Introduction"), rich.PARAGRAPHS)
    lines: list[IconLine] = Items(_("Lines beside the form"), max_items=6)
    tone: str = Tone("tint")
    anchor: str = Anchor()

    def shown_too(self, scene: Any) -> Mapping[str, Any]:
        """Return the form as HTML, empty while none is chosen."""
        return {"form_html": scene.form(self.form or "", self.id)}

    @classmethod
    def blank(cls) -> Mapping[str, Any]:
        """Return a new block's content."""
        return {"heading": str(_("Contact"))}

    @classmethod
    def example(cls) -> Mapping[str, Any]:
        """Return content that shows every part."""
        return {
            "form": "00000000-0000-4000-8000-000000000001",
            "heading": "Bestel en haal morgen op",
            "intro": rich.document("Vóór 17.00 uur besteld ligt morgen vanaf half acht klaar."),
            "lines": [
                {"icon": "map-pin", "text": "Zuiderplein 14, 3083 AB Rotterdam"},
                {"icon": "phone", "text": "010 486 22 10"},
                {"icon": "bike", "text": "Fietsrek voor de deur"},
            ],
            "anchor": "contact",
        }
