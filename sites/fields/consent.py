"""A box to tick: consent in the visitor's own act, never ticked beforehand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from sites.fields.base import Field, Refused
from sites.schema.parts import LongText


class Consent(Field):
    """Consent."""

    title = _("Consent")
    icon: ClassVar[str] = "square-check"
    template = "fields/consent.html"
    max_answer: ClassVar[int] = 10

    type: Literal["consent"] = "consent"
    statement: str = LongText(
        _("What the visitor agrees to"),
        500,
        required=True,
        help=_("In one clear sentence, for example: I want the newsletter."),
    )

    @classmethod
    def blank(cls) -> Mapping[str, Any]:
        """Return a new field's content: consent is its own legal basis."""
        return {"personal": "ordinary", "legal_basis": "consent"}

    @classmethod
    def example(cls) -> Mapping[str, Any]:
        """Return what the sample has besides the common parts."""
        return {
            "statement": "Ik wil elke maand de nieuwsbrief krijgen.",
            "legal_basis": "consent",
            "purpose": "Om je de nieuwsbrief te sturen",
            "help": "Afmelden kan in elke mail.",
        }

    def missing(self) -> str:
        """Return what a visitor reads who didn't tick a required box."""
        return gettext("Tick this box if you agree. Without it we can't handle this.")

    def parse(self, texts: list[str]) -> bool:
        """Return True. Raises Refused for anything but a ticked box."""
        if texts[0] != "yes":
            raise Refused(gettext("Tick the box, or leave it empty."))
        return True

    def clean(self, values: Sequence[str]) -> Any:
        """Return whether the box was ticked: never None, because no is an answer too."""
        return bool(super().clean(values))

    def display(self, value: Any) -> str:
        """Return yes or no."""
        return gettext("Yes") if value else gettext("No")

    def problems(self) -> list[tuple[str, str]]:
        """Return that there is nothing to agree to."""
        return [] if self.statement.strip() else [("statement", gettext("Write down what the visitor agrees to."))]
