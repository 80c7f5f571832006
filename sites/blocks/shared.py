"""Parts that several blocks have: background, heading level choices, a line with an icon, a picture or drawing."""

# ruff: noqa: N802  # a part is named like the type it stands for
from __future__ import annotations

import re
from typing import Any

from django.utils.translation import gettext_lazy as _

from sites.blocks import drawings, icons
from sites.schema.parts import Choice, Choices, Part, Text

TONES: Choices = {
    "plain": _("None"),
    "tint": _("Light tint"),
    "soft": _("Soft colour"),
    "deep": _("Dark"),
    "accent": _("Bright colour"),
}


def Tone(default: str = "plain") -> Any:
    """Return the choice of a block's background."""
    return Choice(_("Background"), TONES, default=default)


def Icon(default: str = "") -> Any:
    """Return the choice of an icon."""
    return Choice(_("Icon"), icons.CHOICES, default=default, widget="icon")


def Drawing() -> Any:
    """Return the choice of a drawing in the site's colours, shown when there is no picture."""
    return Choice(
        _("Drawing"),
        drawings.CHOICES,
        widget="drawing",
        help=_("Shown in your colours as long as there is no picture."),
    )


PHONE = re.compile(r"\+?[0-9][0-9 ().\-/]{5,24}[0-9]")
MAIL = re.compile(r"[^\s@<>\"]{1,64}@[^\s@<>\"]{1,180}\.[A-Za-z]{2,24}")


def tel(number: str) -> str:
    """Return the tel: link of a number as people in the Netherlands write it; empty when it holds no digits."""
    digits = "".join(char for char in number.replace("(0)", "") if char.isdigit())
    if not digits:
        return ""
    if number.strip().startswith("+"):
        return f"tel:+{digits}"
    if digits.startswith("00"):
        return f"tel:+{digits[2:]}"
    national = len(digits) == 10 and digits[0] == "0" and digits[1] not in "089"
    return f"tel:+31{digits[1:]}" if national else f"tel:{digits}"


class IconLine(Part):
    """A short line with an icon before it. After a telephone or a letter, a number or address becomes a link."""

    icon: str = Icon("check")
    text: str = Text(_("Text"), 120, inline=True, required=True)

    def shown(self) -> dict[str, str]:
        """Return where the line leads to."""
        words = self.text.strip()
        if self.icon == "phone" and PHONE.fullmatch(words):
            return {"href": tel(words)}
        if self.icon == "mail" and MAIL.fullmatch(words):
            return {"href": f"mailto:{words}"}
        return {"href": ""}
