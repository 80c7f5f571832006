"""One of several options."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from sites.fields.base import Field, Refused
from sites.schema.parts import Choice as ChoicePart
from sites.schema.parts import Lines


class Choice(Field):
    """One of several."""

    title = _("One of several options")
    icon: ClassVar[str] = "circle-check"
    template = "fields/choice.html"

    type: Literal["choice"] = "choice"
    options: list[str] = Lines(_("Options, one per line"), max_items=50, max_length=100, required=True)
    look: str = ChoicePart(_("Shown as"), {"buttons": _("Buttons"), "list": _("A list to unfold")})

    @classmethod
    def blank(cls) -> Mapping[str, Any]:
        """Return a new field's content."""
        option = gettext("Option")
        return {"options": [f"{option} 1", f"{option} 2"]}

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

    def problems(self) -> list[tuple[str, str]]:
        """Return that there is nothing to choose."""
        return [("options", gettext("Give at least two options."))] if len(self.options) < 2 else []
