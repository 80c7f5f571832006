"""Questions with answers that fold open without script."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from django.utils.translation import gettext_lazy as _

from sites.blocks.base import Block
from sites.blocks.shared import Tone
from sites.schema import rich
from sites.schema.parts import Anchor, Items, LongText, Part, Rich, Text, Toggle
from sites.schema.rich import RichText


class Question(Part):
    """A question and its answer."""

    question: str = Text(_("Question"), 200, inline=True, required=True)
    answer: RichText = Rich(_("Answer"), rich.ANSWER, required=True)


class Faq(Block):
    """Questions and answers."""

    title = _("Questions and answers")
    summary = _("Folds open")
    icon: ClassVar[str] = "circle-question-mark"
    template = "blocks/faq.html"

    type: Literal["faq"] = "faq"
    heading: str = Text(_("Heading"), 120, inline=True, required=True)
    intro: str = LongText(_("Introduction"), 300, inline=True)
    items: list[Question] = Items(_("Questions"), max_items=40, required=True)
    first_open: bool = Toggle(_("Show the first answer straight away"), default=True)
    tone: str = Tone()
    anchor: str = Anchor()

    @classmethod
    def blank(cls) -> Mapping[str, Any]:
        """Return a new block's content."""
        return {"heading": str(_("Frequently asked")), "items": [{"question": str(_("Your question?"))}]}

    @classmethod
    def example(cls) -> Mapping[str, Any]:
        """Return content that shows every part."""
        pairs = (
            (
                "Tot wanneer kan ik bestellen?",
                "Voor brood tot 17.00 uur de dag ervoor. Voor taart twee dagen vooraf.",
            ),
            (
                "Hebben jullie glutenvrij brood?",
                "Nee. In onze bakkerij hangt overal meel in de lucht, dus dat kunnen we niet beloven.",
            ),
            ("Kan ik betalen met pin?", "Ja, en contant kan ook. Bestellingen betaal je bij het ophalen."),
        )
        return {
            "heading": "Vaak gevraagd",
            "intro": "Staat je vraag er niet bij? Bel gerust, liefst na tien uur.",
            "items": [{"question": question, "answer": rich.document(answer)} for question, answer in pairs],
        }
