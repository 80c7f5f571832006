"""Any number of several options."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from sites.fields.base import Refused
from sites.fields.options import WithOptions


class Checkboxes(WithOptions):
    """Any of several."""

    title = _("Any of several options")
    icon: ClassVar[str] = "list"
    template = "fields/checkboxes.html"
    max_values: ClassVar[int] = 50
    fewest: ClassVar[int] = 1

    type: Literal["checkboxes"] = "checkboxes"

    @classmethod
    def example(cls) -> Mapping[str, Any]:
        """Return what the sample has besides the common parts."""
        return {"options": ["’s ochtends", "’s middags", "’s avonds"]}

    def missing(self) -> str:
        """Return what a visitor reads who chose nothing."""
        return gettext("Choose at least one of the options.")

    def parse(self, texts: list[str]) -> list[str]:
        """Return the chosen options, each once, in the order of the form. Raises Refused."""
        if any(text not in self.options for text in texts):
            raise Refused(gettext("Choose one of the options."))
        return [option for option in self.options if option in texts]

    def display(self, value: Any) -> str:
        """Return the options separated by commas."""
        return ", ".join(str(item) for item in value) if isinstance(value, list) else ""
