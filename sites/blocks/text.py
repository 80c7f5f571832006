"""Running text, with an optional heading."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from django.utils.translation import gettext_lazy as _

from sites.blocks.base import Block
from sites.blocks.shared import Tone
from sites.schema.parts import Anchor, Choice, Link, LinkValue, Rich, Text
from sites.schema.rich import RichText


class TextBlock(Block):
    """Text."""

    title = _("Text")
    summary = _("Headings, paragraphs, lists")
    icon: ClassVar[str] = "text-align-start"
    template = "blocks/text.html"

    type: Literal["text"] = "text"
    heading: str = Text(_("Heading"), 120, inline=True)
    body: RichText = Rich(_("Text"), required=True)
    button: LinkValue = Link(_("Button"))
    layout: str = Choice(_("Heading stands"), {"above": _("Above the text"), "beside": _("Beside the text")})
    tone: str = Tone()
    anchor: str = Anchor()

    @classmethod
    def example(cls) -> Mapping[str, Any]:
        """Return content that shows every part."""

        def words(text: str, *marks: dict[str, Any]) -> dict[str, Any]:
            return {"type": "text", "text": text, **({"marks": list(marks)} if marks else {})}

        def paragraph(*content: dict[str, Any]) -> dict[str, Any]:
            return {"type": "paragraph", "content": list(content)}

        return {
            "heading": "Over de bakkerij",
            "body": {
                "type": "doc",
                "content": [
                    paragraph(
                        words("Ons desem heet "),
                        words("Greet", {"type": "strong"}),
                        words(". Ze leeft sinds 1998 en eet "),
                        words("twee keer per dag", {"type": "em"}),
                        words(" een schep rogge. "),
                        words("Lees hoe we bakken", {"type": "link", "attrs": {"href": "/over-ons"}}),
                        words("."),
                    ),
                    {"type": "heading", "attrs": {"level": 3}, "content": [words("Wat erin zit")]},
                    {
                        "type": "bullet_list",
                        "content": [
                            {"type": "list_item", "content": [paragraph(words(text))]}
                            for text in ("meel van molen De Distilleerketel", "water", "zout", "tijd")
                        ],
                    },
                ],
            },
            "button": {"label": "Kom langs", "href": "#contact"},
        }
