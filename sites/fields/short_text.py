"""One line of text."""

from __future__ import annotations

from typing import ClassVar, Literal

from django.utils.translation import gettext_lazy as _

from sites.fields.base import Field
from sites.schema.parts import Choice, Choices

MEANINGS: Choices = {
    "": _("Something else"),
    "name": _("Full name"),
    "given-name": _("First name"),
    "family-name": _("Last name"),
    "organization": _("Organisation"),
    "street-address": _("Street and number"),
    "postal-code": _("Postal code"),
    "address-level2": _("Town"),
}


class ShortText(Field):
    """Short text."""

    title = _("Short text")
    icon: ClassVar[str] = "type"
    template = "fields/short_text.html"

    type: Literal["short_text"] = "short_text"
    meaning: str = Choice(_("What is asked"), MEANINGS, help=_("Then the visitor's browser can fill it in."))

    @property
    def autocomplete(self) -> str:
        """Return the autocomplete token."""
        return self.meaning
