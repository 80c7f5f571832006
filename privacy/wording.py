"""The texts under which consent is given, by version: what somebody agreed to stays readable as it was.

A text that was ever shown is never changed: add a version. tests/promises/test_11 holds a hash of each.
"""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

EXPLICIT = "explicit-1"
IMPLIED = "implied-1"

# version -> the text, shown right beside the button that it explains
TEXTS: dict[str, str | Promise] = {
    "explicit-1": _(
        "You allow what is written here: who, what, and for how long. Whatever is opened, changed or exported is "
        "written in your log first, and you can withdraw at any moment: that works at once, even for a page that is "
        "open already."
    ),
    "implied-1": _(
        "Does your question make clear that we have to look at submissions? Then somebody who works at Webanizr may "
        "read them: only what you name, for 72 hours at most. You are told at once and withdraw it with one click. "
        "Tick “Always ask me first” if you don't want this."
    ),
}


def text(version: str) -> str:
    """Return a version's text in the active language; raises KeyError for one that never was."""
    return str(TEXTS[version])
