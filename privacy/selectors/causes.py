"""Why a step of an erasure waits, in words, and what somebody at Webanizr can do about it."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from privacy.connectors.base import systems
from privacy.models import ErasureStep

Texts = tuple[Promise | str, Promise | str]

REFUSED: Texts = (
    gettext_lazy("The system refuses us."),
    gettext_lazy("Look whether its key and address are still right, put them straight, and try now."),
)
AWAY: Texts = (
    gettext_lazy("The system doesn't answer."),
    gettext_lazy("We keep trying by ourselves. If this lasts longer than a day, ask the provider."),
)
LEFT: Texts = (
    gettext_lazy("Something is still there after erasing."),
    gettext_lazy("It is erased and looked for again. If it returns, find out who puts it back."),
)
OURS: Texts = (
    gettext_lazy("Our own database or storage gave an error."),
    gettext_lazy("Look at System: when that is well, the step goes on by itself."),
)
CAUSES: dict[str, Texts] = {
    "not_configured": (
        gettext_lazy("The system is switched off."),
        gettext_lazy("Switch it on again in the settings and try now: a system that is off is never skipped."),
    ),
    "not_registered": (
        gettext_lazy("The system isn't connected any more."),
        gettext_lazy("Connect it again for as long as this takes, or show in writing that nothing is left there."),
    ),
    "former_platform": (
        gettext_lazy("A mailing platform that we no longer use may still have them."),
        gettext_lazy("Choose that platform in the settings for as long as this takes, and try now."),
    ),
    "only_owner": (
        gettext_lazy("The person is the only owner of an account."),
        gettext_lazy("Ask them to make somebody else owner, or to erase that account first. It goes on by itself."),
    ),
    "error": (
        gettext_lazy("Something went wrong that nobody foresaw."),
        gettext_lazy("It is tried again by itself. The eraser's log says what it was: ask a developer to look."),
    ),
    "plan_changed": (
        gettext_lazy("The frozen plan isn't what it was."),
        gettext_lazy("Don't try again: somebody or something changed the steps. Ask a developer first."),
    ),
    "not_understood": (
        gettext_lazy("The system's answer can't be understood."),
        gettext_lazy("Its interface may have changed: ask a developer to look at the connector."),
    ),
    "rate": (
        gettext_lazy("The system asks us to slow down."),
        gettext_lazy("Nothing to do: we wait as long as it asks."),
    ),
    "our_own_limit": (
        gettext_lazy("Our own limit for this system is reached."),
        gettext_lazy("Nothing to do: it goes on by itself."),
    ),
    "more_to_do": (gettext_lazy("There is more than fits in one go."), gettext_lazy("Nothing to do: it goes on.")),
    "later": (gettext_lazy("It isn't time yet to look again."), gettext_lazy("Nothing to do.")),
    "not_all_ended": (gettext_lazy("Other steps haven't ended yet."), gettext_lazy("Nothing to do.")),
    "accepted": (
        gettext_lazy("The system has taken the request; we look whether it did it."),
        gettext_lazy("Nothing to do."),
    ),
    "keys_left": LEFT,
    "rows_left": LEFT,
    "files_return": LEFT,
    "still_there": LEFT,
    "came_back": LEFT,
    "no_answer": AWAY,
    "unreachable": AWAY,
    "unknown": AWAY,
}


@dataclass(frozen=True)
class Cause:
    """Why a step waits and what to do about it, in the active language."""

    words: str
    advice: str


def _texts(step: ErasureStep) -> Texts:
    refused = step.state == ErasureStep.State.BLOCKED
    usual = OURS if step.kind != "system" else REFUSED if refused else AWAY
    return CAUSES.get(step.cause, usual)


def plain(step: ErasureStep) -> str:
    """Return why a step waits, for the person it is about: without codes."""
    return str(_texts(step)[0])


def explain(step: ErasureStep) -> Cause:
    """Return why a step waits, for staff."""
    code = step.cause
    words, advice = map(str, _texts(step))
    return Cause(f"{words} ({code})" if code and code not in CAUSES else words, advice)


def step_name(step: ErasureStep) -> str:
    """Return what a step is about: a system, a table, files, keys."""
    names = {
        "ledger": _("Ledger outside the database"),
        "stop": _("Access and publishing stopped"),
        "files": _("Files"),
        "keys": _("Keys"),
        "hold": _("Invoices"),
        "caches": _("Caches"),
        "recheck": _("Second look"),
        "prove": _("Certificate"),
        "forget": _("Address"),
    }
    if step.kind == "system":
        system = systems().get(step.target)
        kind = {"mailing": _("Mailing platform"), "statistics": _("Statistics")}.get(step.target, step.target)
        return f"{kind} ({system.name})" if system is not None and system.name else kind
    if step.kind in ("rows", "unlink"):
        return _("Table %(name)s") % {"name": step.target}
    return names.get(step.kind, step.kind)
