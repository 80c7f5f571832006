"""The kinds of business to start from: a fitting theme and drawing, and what such a business says first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from sites import themes


@dataclass(frozen=True)
class Kind:
    """A kind of business. `offers` are the cards of its first page, as (heading, text)."""

    key: str
    label: Any
    icon: str
    theme: str
    drawing: str
    promise: Any
    offers: tuple[tuple[Any, Any], ...]


KINDS = (
    Kind(
        "shop",
        _("Shop or bakery"),
        "store",
        "markt",
        "bread",
        _("Fresh, honest and around the corner"),
        (
            (_("Fresh every day"), _("What lies in the shop today was made today.")),
            (_("To order"), _("Tell us two days ahead what you need, and it is ready for you.")),
            (_("Advice at the counter"), _("Not sure yet? We are glad to think along.")),
        ),
    ),
    Kind(
        "craft",
        _("Craft or building"),
        "wrench",
        "kade",
        "shapes",
        _("Good work, as agreed"),
        (
            (_("Repair and upkeep"), _("First we look what it is, then we say what it costs.")),
            (_("New and renovation"), _("From plan to the last screw, with one person to call.")),
            (_("A clear quote"), _("You know the price before we begin.")),
        ),
    ),
    Kind(
        "practice",
        _("Practice or care"),
        "heart-pulse",
        "praktijk",
        "stretching",
        _("Attention for you"),
        (
            (_("Getting to know you"), _("We take the time to hear what is going on.")),
            (_("Treatment"), _("At your own pace, with a plan that you understand.")),
            (_("Costs"), _("You hear beforehand what it costs and what your insurer pays.")),
        ),
    ),
    Kind(
        "food",
        _("Restaurant or café"),
        "utensils",
        "nacht",
        "shapes",
        _("Sit down, we cook"),
        (
            (_("Lunch"), _("Soup, bread and salads, also to take away.")),
            (_("Dinner"), _("A short menu that follows the season.")),
            (_("Groups"), _("Something to celebrate? Tell us for how many, and we set the table.")),
        ),
    ),
    Kind(
        "office",
        _("Advice or office"),
        "briefcase",
        "kade",
        "canal_houses",
        _("Clear advice that helps you on"),
        (
            (_("First talk"), _("Without obligation: what is going on, and what can be done?")),
            (_("Fixed prices"), _("You know beforehand where you stand.")),
            (_("One contact"), _("You always speak to the same person.")),
        ),
    ),
    Kind(
        "other",
        _("Something else"),
        "sparkles",
        "atelier",
        "shapes",
        _("Good to have you here"),
        (
            (_("First thing"), _("Say in a sentence what it is and for whom.")),
            (_("Second thing"), _("What does it cost, or how long does it take?")),
            (_("Third thing"), _("What makes people come to you for this?")),
        ),
    ),
)


def kind_of(key: str) -> Kind:
    """Return the kind with that key; something else for an unknown one."""
    return next((kind for kind in KINDS if kind.key == key), KINDS[-1])


def theme_of(kind: Kind) -> str:
    """Return the kind's theme, or the first one when there is no such theme."""
    return kind.theme if kind.theme in themes.THEMES else next(iter(themes.THEMES))
