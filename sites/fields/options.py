"""What fields with options share: the options themselves, and that there are enough of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from sites.fields.base import Field
from sites.schema.parts import Lines


class WithOptions(Field):
    """A field that offers options."""

    fewest: ClassVar[int] = 2

    options: list[str] = Lines(_("Options, one per line"), max_items=50, max_length=100, required=True)

    @classmethod
    def blank(cls) -> Mapping[str, Any]:
        """Return a new field's content."""
        option = gettext("Option")
        return {"options": [f"{option} 1", f"{option} 2"]}

    def problems(self) -> list[tuple[str, str]]:
        """Return that there is too little to choose."""
        if len(self.options) >= self.fewest:
            return []
        text = ngettext("Give at least one option.", "Give at least {n} options.", self.fewest)
        return [("options", text.format(n=self.fewest))]
