"""Taking people off the platform: who isn't in the audience any more, and who asked to be erased (promise 08)."""

from __future__ import annotations

from newsletters.connectors.base import CannotAnswer, Outcome, Presence, Result
from newsletters.services.leases import PAUSE_SECONDS, Asked, Leased, State, There, failed, finish


def remove(asked: Asked, row: Leased) -> Outcome:
    """Take somebody off the list who isn't in the audience, so that they can come back later."""
    if row.there == There.ABSENT:
        finish(row, State.IN_SYNC, there=There.ABSENT)
        return Outcome(Result.DONE)
    outcome = asked.system.remove(row.identity)
    if outcome.ok:
        finish(row, State.IN_SYNC, there=There.ABSENT, digest=None, sent=True)
        return outcome
    if outcome.result is Result.ACCEPTED:
        finish(row, State.PENDING, there=There.MAYBE, seconds=outcome.after or PAUSE_SECONDS)
        return outcome
    return failed(asked, row, outcome)


def erase_there(asked: Asked, row: Leased) -> Outcome:
    """Look, erase everything that is found, look again; only a look that finds nothing ends it.

    The erasure engine looks for itself, also a day later, and deletes our own rows; this comes first because a push
    that is under way ends here.
    """
    try:
        found = asked.system.locate(row.identity)
    except CannotAnswer as error:
        return failed(asked, row, _cannot(error))
    for locator in found:
        outcome = asked.system.erase(locator)
        if outcome.result is Result.ACCEPTED:
            finish(row, State.PENDING_ERASE, there=There.MAYBE, seconds=outcome.after or PAUSE_SECONDS)
            return outcome
        if not outcome.ok:
            return failed(asked, row, outcome)
    verdict = asked.system.verify_absent(row.identity)
    if verdict.presence is not Presence.ABSENT:  # unknown isn't absent
        return failed(asked, row, Outcome(Result.RETRY, cause=f"still_{verdict.presence.value}"))
    finish(row, State.ERASED, there=There.ABSENT, digest=None, sent=True)
    return Outcome(Result.DONE)


def _cannot(error: CannotAnswer) -> Outcome:
    if error.after is None:
        return Outcome(Result.BLOCKED, cause=error.cause)
    return Outcome(Result.RETRY, after=error.after, cause=error.cause)
