"""Drawings in the colours of the site, for a place where the owner has no photograph (yet)."""

from __future__ import annotations

from functools import cache
from html import escape
from pathlib import Path

from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

FOLDER = Path(__file__).resolve().parent.parent.parent / "templates" / "blocks" / "drawings"

CHOICES: dict[str, str | Promise] = {
    "": _("No drawing"),
    "shapes": _("Calm shapes"),
    "canal_houses": _("Canal houses with a van"),
    "heat_pump": _("A heat pump against a wall"),
    "bread": _("A round loaf on a board"),
    "oven": _("Loaves in a brick oven"),
    "loaf": _("A round loaf"),
    "tin_loaf": _("A tin loaf"),
    "baguettes": _("Baguettes"),
    "croissants": _("Croissants"),
    "stretching": _("Someone stretching"),
    "treatment_room": _("A light treatment room"),
    "woman_brown_hair": _("A woman with brown hair"),
    "man_curls": _("A man with curls"),
    "man_beard": _("A man with a beard"),
    "woman_bun": _("A woman with a bun"),
    "empty_shelf": _("A rack with an empty shelf"),
}


@cache
def source(name: str) -> str:
    """Return the file of a drawing, with ROLE where its role belongs; raise KeyError for an unknown name."""
    if not name or name not in CHOICES:
        raise KeyError(name)
    return (FOLDER / f"{name}.svg").read_text().strip()


def svg(name: str, alt: str = "") -> SafeString:
    """Return the drawing; with `alt` it is an image for screen readers, without it is decoration."""
    role = f'role="img" aria-label="{escape(alt)}"' if alt else 'aria-hidden="true" focusable="false"'
    return SafeString(source(name).replace("ROLE", role, 1))
