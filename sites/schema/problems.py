"""What is wrong, in words for the person who has to mend it, and at the field where it is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from pydantic import ValidationError
from pydantic_core import ErrorDetails

MAX_SHOWN = 50
MESSAGES: Mapping[str, str | Promise] = {
    "missing": _("This is missing."),
    "extra_forbidden": _("This is not a setting we know."),
    "string_type": _("This has to be text."),
    "string_unicode": _("The text holds a character that can't be stored. Type it again."),
    "string_pattern_mismatch": _("This is not written the way it should be."),
    "control_character": _("The text holds an invisible control character. Type it again."),
    "bool_type": _("This has to be yes or no."),
    "int_type": _("This has to be a whole number."),
    "list_type": _("This has to be a list."),
    "dict_type": _("This has to be an object."),
    "model_type": _("This has to be an object."),
    "model_attributes_type": _("This has to be an object."),
    "choice": _("Choose one of the options."),
    "link": _(
        "A link starts with https://, with mailto: or tel:, with / for a page of this site or with # for a block."
    ),
    "line_empty": _("One of the lines is empty."),
    "line_twice": _("Two lines are the same."),
    "rich_shape": _("This is not text the editor can make."),
    "rich_node": _("This kind of text is not possible here."),
    "rich_mark": _("This kind of emphasis is not possible here."),
    "rich_deep": _("The lists are nested too deeply."),
    "union_tag_invalid": _("We don't know this kind."),
    "union_tag_not_found": _("The kind is missing."),
    "literal_error": _("We don't know this version or kind."),
    "id_twice": _("Two parts have the same id."),
    "id_reserved": _("This id is used by the form itself."),
    "version_unknown": _("This was made by a newer version of Webanizr."),
    "day_twice": _("This day is already in the list."),
    "too_big": _("The page is too big to store. Divide it over more pages."),
    "too_deep": _("The content is nested too deeply."),
}
FALLBACK = _("This value is not possible here.")


@dataclass(frozen=True)
class Problem:
    """One thing to mend: the block (or field) it is in, the path inside it (`items.2.question`) and words."""

    block_id: str
    path: str
    message: str


class ContentError(Exception):
    """Content that can't be stored. `problems` is ready to be sent: [{"loc": [...], "message": "..."}]."""

    def __init__(self, problems: list[dict[str, Any]]) -> None:
        super().__init__(f"{len(problems)} problem(s)")
        self.problems = problems


def message(error: ErrorDetails) -> str:
    """Return one pydantic error in words, in the active language."""
    kind, ctx = error["type"], error.get("ctx", {})
    if kind == "string_too_long":
        count = int(ctx["max_length"])
        return ngettext("Use at most %(count)d character.", "Use at most %(count)d characters.", count) % {
            "count": count
        }
    if kind == "too_long":
        count = int(ctx["max_length"])
        return ngettext("At most %(count)d is possible.", "At most %(count)d are possible.", count) % {"count": count}
    if kind == "greater_than_equal":
        return str(_("The lowest possible number is %(number)s.")) % {"number": ctx["ge"]}
    if kind == "less_than_equal":
        return str(_("The highest possible number is %(number)s.")) % {"number": ctx["le"]}
    return str(MESSAGES.get(kind, FALLBACK))


def _step(step: str | int) -> str | int:
    """Return one step of a path; a name that someone made up is cut short and can always be sent back."""
    return step if isinstance(step, int) else step[:60].encode("utf-8", "replace").decode()


def explain(error: ValidationError, *, tag_at: int | None = None) -> list[dict[str, Any]]:
    """Return the errors of a validation as [{"loc": [...], "message": "..."}], at most 50.

    `tag_at` is the place in the path where pydantic names the member of a discriminated union; people never see it.
    """
    found = []
    for item in error.errors(include_url=False, include_input=False)[:MAX_SHOWN]:
        loc = [_step(step) for place, step in enumerate(item["loc"]) if place != tag_at]
        found.append({"loc": loc, "message": message(item)})
    return found
