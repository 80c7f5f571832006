"""The icons a site may show (lucide, ISC licence), drawn into the page itself: no request, no script."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

PATHS: dict[str, str] = json.loads((Path(__file__).parent / "icons.json").read_text())

# What an owner can choose from, in the order of the settings panel.
CHOICES: dict[str, str | Promise] = {
    "": _("No icon"),
    "check": _("Check mark"),
    "circle-check": _("Check mark in a circle"),
    "clock": _("Clock"),
    "calendar": _("Calendar"),
    "calendar-check": _("Appointment"),
    "map-pin": _("Place"),
    "phone": _("Telephone"),
    "mail": _("Mail"),
    "message-circle": _("Speech balloon"),
    "globe": _("Globe"),
    "info": _("Information"),
    "star": _("Star"),
    "heart": _("Heart"),
    "award": _("Award"),
    "sparkles": _("Sparkles"),
    "shield-check": _("Shield"),
    "lock": _("Lock"),
    "euro": _("Euro"),
    "gift": _("Gift"),
    "ticket": _("Ticket"),
    "package": _("Parcel"),
    "truck": _("Delivery van"),
    "car": _("Car"),
    "bike": _("Bicycle"),
    "tram-front": _("Tram"),
    "house": _("House"),
    "building-2": _("Building"),
    "key": _("Key"),
    "wrench": _("Spanner"),
    "hammer": _("Hammer"),
    "zap": _("Electricity"),
    "droplets": _("Water"),
    "fan": _("Fan"),
    "sun": _("Sun"),
    "paintbrush": _("Paintbrush"),
    "palette": _("Palette"),
    "camera": _("Camera"),
    "music": _("Music"),
    "scissors": _("Scissors"),
    "shirt": _("Clothing"),
    "coffee": _("Coffee"),
    "utensils": _("Restaurant"),
    "wine": _("Wine"),
    "wheat": _("Grain"),
    "croissant": _("Croissant"),
    "cake": _("Cake"),
    "leaf": _("Leaf"),
    "sprout": _("Sprout"),
    "flower-2": _("Flower"),
    "tree-deciduous": _("Tree"),
    "paw-print": _("Animals"),
    "stethoscope": _("Stethoscope"),
    "heart-pulse": _("Heartbeat"),
    "bone": _("Bone"),
    "dumbbell": _("Dumbbell"),
    "person-standing": _("Person"),
    "accessibility": _("Accessible"),
    "users": _("People"),
    "baby": _("Baby"),
    "graduation-cap": _("Education"),
    "book-open": _("Book"),
    "laptop": _("Computer"),
}


@cache
def svg(name: str) -> SafeString:
    """Return the drawing of an icon, hidden from screen readers; raise KeyError for an unknown name."""
    if not name:
        return SafeString("")
    return SafeString(f'<svg class="ic" viewBox="0 0 24 24" aria-hidden="true" focusable="false">{PATHS[name]}</svg>')
