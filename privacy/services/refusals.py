"""What the database answers when consent doesn't allow something, in words for the person who asked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DatabaseError, transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class ConsentError(ValueError):
    """It isn't allowed, or no longer; the message says why. `code`: for programs and tests."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


MESSAGES: dict[str, str | Promise] = {
    "no_consent": _("There is no permission for this, or it has ended."),
    "ask_first": _("This customer wants to be asked first. Ask for permission."),
    "not_said": _(
        "The customer's own words don't cover this. Choose a sentence of at least 15 characters, from a message of an "
        "owner of the account that is at most 30 days old, and the form that it names."
    ),
    "closed": _("This question is closed."),
    "too_late": _("This request can no longer be answered. If it still matters, Webanizr will ask again."),
    "not_yours": _("Only an owner of the account decides about this."),
    "too_long": _("Permission lasts 7 days at most."),
    "reason": _("Say why, in at least 10 characters."),
    "unknown": _("There is no such form or submission in this account."),
    "withdrawn": _("This permission was withdrawn already."),
}
CODES = {"WZ001": "no_consent", "WZ002": "ask_first", "WZ003": "not_said", "WZ004": "closed", "WZ005": "withdrawn"}
CONSTRAINTS = {
    "request_reason_says_something": "reason",
    "session_reason_says_something": "reason",
    "grant_week_at_most": "too_long",
    "request_week_at_most": "too_long",
}


def refusal(code: str) -> ConsentError:
    """Return the error of a code in MESSAGES."""
    return ConsentError(code, str(MESSAGES[code]))


@contextmanager
def in_words() -> Iterator[None]:
    """Run statements in a savepoint; turn the database's refusals into ConsentError, let other errors pass."""
    try:
        with transaction.atomic():
            yield
    except DatabaseError as error:
        cause = error.__cause__
        state = getattr(cause, "pgcode", None) or ""
        constraint = getattr(getattr(cause, "diag", None), "constraint_name", None) or ""
        code = CODES.get(state) or CONSTRAINTS.get(constraint)
        if code is None and state == "42501" and "row-level security" in str(cause):
            code = "not_yours"
        if code is None:
            raise
        raise refusal(code) from error
