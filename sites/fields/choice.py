"""One of several options."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from sites.fields.base import Refused
from sites.fields.options import WithOptions
from sites.schema.parts import Choice as ChoicePart


class Choice(WithOptions):
    """One of several."""

    title = _("One of several options")
    icon: ClassVar[str] = "circle-check"
    template = "fields/choice.html"

    type: Literal["choice"] = "choice"
    look: str = ChoicePart(_("Shown as"), {"buttons": _("Buttons"), "list": _("A list to unfold")})

    @classmethod
    def example(cls) -> Mapping[str, Any]:
        """Return what the sample has besides the common parts."""
        return {"options": ["Vandaag", "Morgen", "Later"]}

    def missing(self) -> str:
        """Return what a visitor reads who chose nothing."""
        return gettext("Choose one of the options.")

    def wrong(self) -> str:
        """Return what to do about an answer that isn't an option."""
        return gettext("Choose one of the options.")

    def parse(self, texts: list[str]) -> str:
        """Return the chosen option. Raises Refused."""
        if texts[0] not in self.options:
            raise Refused(self.wrong())
        return texts[0]
