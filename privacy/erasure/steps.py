"""What each kind of step does: look, act, look. A step tells what it saw; the engine decides what that means.

Nothing here holds a transaction open while another system is asked.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import islice

from privacy.connectors.base import CannotAnswer, ExternalSystem, Outcome, Presence, Result, systems
from privacy.datamap import Scope, data_map
from privacy.erasure import hooks, plan, rows
from privacy.erasure.subjects import Person, Subject
from privacy.models import ErasureStep
from webanizr.core import storage, vault
from webanizr.core.net import NotSent, SwitchedOff, Uncertain
from webanizr.core.throttle import Throttled
from webanizr.core.vault import keystore

# Questions about who somebody is were asked already when the plan was made; what comes from outside may take long.
FILES_AT_ONCE = 1000
FEW = 20  # files that are looked for one by one


@dataclass
class Report:
    """What came of a step.

    Args: state: how it ends this time; cause: why not, a code; after: seconds until the next look; erased: how many
    things went now; evidence: what was looked at and found, in codes without personal data; law, until: of what stays.
    """

    state: ErasureStep.State
    cause: str = ""
    after: float = 0
    erased: int = 0
    evidence: list[str] = field(default_factory=list)
    law: str = ""
    until: date | None = None


VERIFIED, RETRY, BLOCKED = ErasureStep.State.VERIFIED, ErasureStep.State.RETRY, ErasureStep.State.BLOCKED
SUBMITTED, RETAINED = ErasureStep.State.SUBMITTED, ErasureStep.State.RETAINED


def person_of(step: ErasureStep, subject: Subject) -> Person:
    """Return whom the step is about."""
    wanted = uuid.UUID(step.args["person"])
    return next(person for person in subject.people if person.id == wanted)


# --- tables


def erase_rows(step: ErasureStep, subject: Subject, progress: Callable[[int], None]) -> Report:
    """Delete or empty every row, in batches, and count again."""
    erased = 0
    unlink = step.kind == "unlink"
    waits = hooks.GUARDS[step.target](subject) if step.target in hooks.GUARDS else ""
    if waits:
        return Report(BLOCKED, cause=waits, after=3600)
    for search in rows.searches(subject, step.target, unlink=unlink):
        size = rows.FIRST
        while True:
            began = time.monotonic()
            gone = rows.erase_batch(search, size=size, counted=progress)
            erased += gone
            if gone < size:
                break
            size = rows.next_size(size, time.monotonic() - began)
    left = rows_left(step, subject)
    if left:
        return Report(RETRY, cause="rows_left", after=5, erased=erased, evidence=[f"rows_left:{left}"])
    return Report(VERIFIED, erased=erased, evidence=["rows_left:0"])


def sweep(subject: Subject) -> int:
    """Erase rows in whatever table, children first, with their files; return how many rows: for what came late."""
    gone = 0
    for prefix, names in plan.files(subject):
        _erased, left = empty(prefix, names)
        if left:
            raise OSError("files_return")
    for label in plan.in_order():
        if label in hooks.GUARDS and hooks.GUARDS[label](subject):
            continue
        for unlink in (True, False):
            for search in rows.searches(subject, label, unlink=unlink):
                while batch_gone := rows.erase_batch(search):
                    gone += batch_gone
    return gone


def late_rows(subject: Subject, planned: Collection[str]) -> list[str]:
    """Return the tables, other than those of the plan, in which the subject has rows: none had any when it was made."""
    return [
        label
        for label in plan.in_order()
        if label not in planned
        and any(rows.count(s) for unlink in (True, False) for s in rows.searches(subject, label, unlink=unlink))
    ]


def rows_left(step: ErasureStep, subject: Subject) -> int:
    """Return how many rows a fresh look finds."""
    return sum(rows.count(s) for s in rows.searches(subject, step.target, unlink=step.kind == "unlink"))


# --- files and keys


def erase_files(step: ErasureStep, subject: Subject, progress: Callable[[int], None]) -> Report:
    """Delete every version of every file below the prefix, and list again."""
    erased, left = empty(step.target, step.args.get("names", []), progress)
    if left:
        return Report(RETRY, cause="files_return", after=backoff(step.attempts), erased=erased)
    return Report(VERIFIED, erased=erased, evidence=["files_left:0"])


def versions_of(prefix: str, names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield (key, version) of all that is below a prefix, or of these names below it."""
    if not names:
        yield from storage.versions(prefix)
    elif len(names) <= FEW:
        for name in names:
            yield from storage.versions(f"{prefix}{name}")
    else:  # a question for each would take longer than the whole list
        wanted = set(names)
        for key, version in storage.versions(prefix):
            if key[len(prefix) :].partition("/")[0] in wanted:
                yield key, version


def empty(prefix: str, names: Sequence[str], progress: Callable[[int], None] = lambda gone: None) -> tuple[int, int]:
    """Delete every version of files (`versions_of`); return how many, and how many the store still shows afterwards."""
    erased = 0
    before: list[tuple[str, str]] = []
    while batch := list(islice(versions_of(prefix, names), FILES_AT_ONCE)):
        if batch == before:
            return erased, len(batch)
        storage.delete_versions(batch)
        erased += len(batch)
        progress(len(batch))
        before = batch
    return erased, 0


def erase_keys(step: ErasureStep, subject: Subject, progress: Callable[[int], None]) -> Report:
    """Destroy the keys without which what visitors sent can't be read, in backups either."""
    assert subject.account_id is not None
    if subject.scope is Scope.ACCOUNT:
        erased = vault.destroy_account_keys(subject.account_id)
        left = len(list(keystore.store().names(subject.account_id)))
    else:
        # those of the plan, since their rows may be gone before the store answers, and any that came since
        pairs = {*step.args.get("pairs", ()), *map(str, rows.all_keys(subject, plan.KEYS))}
        wanted = {f"{subject.account_id}/{key}" for key in pairs}
        for name in wanted:
            vault.destroy_pair(subject.account_id, uuid.UUID(name.partition("/")[2]))
        erased = len(wanted)
        left = len(wanted & set(keystore.store().names(subject.account_id)))
    if left:
        return Report(RETRY, cause="keys_left", after=60, erased=erased)
    return Report(VERIFIED, erased=erased, evidence=["keys_left:0"])


# --- stopping, caches, what the law keeps


def stop(step: ErasureStep, subject: Subject, progress: Callable[[int], None]) -> Report:
    """End sessions, and let every application stop what could bring the subject back."""
    for suppress in hooks.SUPPRESS:
        suppress(subject)
    ended = 0
    for label in ("sessions.Session", "accounts.StaffSession"):
        for search in rows.searches(subject, label):
            while gone := rows.erase_batch(search):
                ended += gone
    for person in subject.people:
        one = Subject(Scope.USER, person.id, people=[person])
        for search in rows.searches(one, "accounts.SignIn"):
            while rows.erase_batch(search):
                pass
    return Report(VERIFIED, erased=ended, evidence=["sessions_left:0"])


def caches(step: ErasureStep, subject: Subject, progress: Callable[[int], None]) -> Report:
    """Empty the caches that know a person by number, and name the others: nothing is kept there under a name."""
    for name, forget in hooks.CACHES.items():
        left = forget(subject)
        if left:
            return Report(RETRY, cause="cache_left", after=5, evidence=[f"{name}:{left}"])
    seen = [f"{place.kind}:{place.name.partition(':')[0]}" for place in data_map.load().places if place.kind == "cache"]
    others = [name for name in seen if name.partition(":")[2] not in hooks.CACHES]
    evidence = [*(f"cache:{name}:0" for name in hooks.CACHES), *(f"{name}:keyed_by_hash_or_public" for name in others)]
    return Report(VERIFIED, evidence=evidence)


def hold(step: ErasureStep, subject: Subject, progress: Callable[[int], None]) -> Report:
    """Say what is kept, by which law and until when; its link to the subject goes with the tables (`unlink`)."""
    facts = step.args
    return Report(
        RETAINED, evidence=[f"kept:{facts['count']}"], law=facts["law"], until=date.fromisoformat(facts["until"])
    )


# --- systems outside


def erase_outside(step: ErasureStep, subject: Subject, progress: Callable[[int], None]) -> Report:
    """Find the person at the system by every identifier, erase each find, look again. Unknown isn't absent."""
    system = systems().get(step.target)
    if system is None:
        return Report(BLOCKED, cause="not_registered", after=3600)
    person = person_of(step, subject)
    identity = person.identity()
    try:
        if step.attempts > 1 or step.reopened:
            seen = system.verify_absent(identity)
            if seen.absent:
                return Report(VERIFIED, evidence=list(seen.evidence))
        found = system.locate(identity)
        outcomes = [(locator.kind, system.erase(locator)) for locator in found]
        return _judge(system, identity, outcomes)
    except CannotAnswer as error:
        return _unanswered(error)
    except SwitchedOff:
        return Report(BLOCKED, cause="not_configured", after=3600)
    except Throttled as error:
        return Report(RETRY, cause="rate", after=error.after)
    except (NotSent, Uncertain):
        return Report(RETRY, cause="no_answer", after=backoff(step.attempts))


def _unanswered(error: CannotAnswer) -> Report:
    if error.after is None:
        return Report(BLOCKED, cause=error.cause, after=3600)
    return Report(RETRY, cause=error.cause, after=max(1.0, error.after))


def _judge(system: ExternalSystem, identity: object, outcomes: Sequence[tuple[str, Outcome]]) -> Report:
    evidence = [f"{kind}:{outcome.result.value}" for kind, outcome in outcomes]
    erased = sum(outcome.result in (Result.DONE, Result.ACCEPTED) for _kind, outcome in outcomes)
    for _kind, outcome in outcomes:
        if outcome.result is Result.BLOCKED:
            return Report(BLOCKED, cause=outcome.cause, after=3600, erased=erased, evidence=evidence)
        if outcome.result is Result.RETRY:
            return Report(RETRY, cause=outcome.cause, after=max(1.0, outcome.after), erased=erased, evidence=evidence)
    accepted = [outcome.after for _kind, outcome in outcomes if outcome.result is Result.ACCEPTED]
    if accepted:
        return Report(SUBMITTED, cause="accepted", after=max(*accepted, 1.0), erased=erased, evidence=evidence)
    seen = system.verify_absent(identity)  # type: ignore[arg-type]  # an Identity
    evidence += seen.evidence
    if seen.absent:
        return Report(VERIFIED, erased=erased, evidence=evidence)
    cause = "still_there" if seen.presence is Presence.PRESENT else "unknown"
    return Report(SUBMITTED, cause=cause, after=60, erased=erased, evidence=evidence)


def look_outside(step: ErasureStep, subject: Subject) -> Report:
    """Look again at the system, without acting."""
    system = systems().get(step.target)
    if system is None:
        return Report(BLOCKED, cause="not_registered", after=3600)
    try:
        seen = system.verify_absent(person_of(step, subject).identity())
    except CannotAnswer as error:
        return _unanswered(error)
    except SwitchedOff:
        return Report(BLOCKED, cause="not_configured", after=3600)
    except Throttled as error:
        return Report(RETRY, cause="rate", after=error.after)
    except (NotSent, Uncertain):
        return Report(RETRY, cause="no_answer", after=60)
    if seen.absent:
        return Report(VERIFIED, evidence=list(seen.evidence))
    if seen.presence is Presence.UNKNOWN:
        return Report(RETRY, cause="unknown", after=300, evidence=list(seen.evidence))
    return Report(ErasureStep.State.PENDING, cause="came_back", evidence=list(seen.evidence))


def horizon(step: ErasureStep) -> timedelta:
    """Return how long after its erasure a system must be looked at again: a day, or longer where it says so."""
    system = systems().get(step.target)
    days = system.horizon_days if system is not None else 0
    return timedelta(days=max(1, days))


def backoff(attempts: int) -> float:
    """Return the seconds until the next attempt: doubling from a minute (one second the first time) up to a day."""
    return float(min(86_400, 60 * 2 ** max(0, attempts - 1)))


ACTS: dict[str, Callable[[ErasureStep, Subject, Callable[[int], None]], Report]] = {
    "rows": erase_rows,
    "unlink": erase_rows,
    "files": erase_files,
    "keys": erase_keys,
    "stop": stop,
    "caches": caches,
    "hold": hold,
    "system": erase_outside,
}


def look(step: ErasureStep, subject: Subject) -> Report:
    """Look at an ended step again, without acting: verified when it is still so, pending when something came back."""
    if step.kind == "system":
        return look_outside(step, subject)
    if step.kind in ("rows", "unlink"):
        left = rows_left(step, subject)
        if left:
            return Report(ErasureStep.State.PENDING, cause="came_back", evidence=[f"rows_left:{left}"])
        return Report(VERIFIED, evidence=["rows_left:0"])
    if step.kind == "keys" and subject.scope is Scope.ACCOUNT:
        assert subject.account_id is not None
        names = list(keystore.store().names(subject.account_id))
        return Report(ErasureStep.State.PENDING if names else VERIFIED, evidence=[f"keys_left:{len(names)}"])
    if step.kind == "files":
        left = sum(1 for _ in islice(versions_of(step.target, step.args.get("names", [])), FILES_AT_ONCE))
        if left:
            return Report(ErasureStep.State.PENDING, cause="came_back", evidence=[f"files_left:{left}"])
        return Report(VERIFIED, evidence=["files_left:0"])
    return Report(ErasureStep.State(step.state))


__all__ = ["ACTS", "Report", "backoff", "horizon", "look"]
