"""The public proof page: each promise with its last evidence, and what may be said of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from privacy.evidence import load
from privacy.models import Evidence
from privacy.promises import PROMISES, Promise, tests_of

STALE = timedelta(hours=1)


@dataclass(frozen=True)
class Fact:
    """One number with its words."""

    value: str
    words: str
    holds: bool
    at: datetime


@dataclass(frozen=True)
class Row:
    """One promise on the page. Args: state: ok, attention or notyet; why: in words, where it isn't ok."""

    promise: Promise
    facts: list[Fact]
    tests: tuple[tuple[str, int], ...]
    state: str
    why: str
    at: datetime | None


def proof(now: datetime) -> list[Row]:
    """Return the page's rows, in one query."""
    witnesses = load()
    facts: dict[int, list[Fact]] = {}
    for each in Evidence.objects.order_by("promise", "key"):
        if each.key in witnesses:
            words = str(witnesses[each.key].words)
            said = Fact(each.value if each.value.isdigit() else _(each.value), words % each.params, each.holds, each.at)
            facts.setdefault(each.promise, []).append(said)
    return [_row(promise, facts.get(promise.number, []), now) for promise in PROMISES]


def _row(promise: Promise, facts: list[Fact], now: datetime) -> Row:
    tests = tests_of(promise.number)
    at = min((fact.at for fact in facts), default=None)
    if facts and not all(fact.holds for fact in facts):
        state, why = "attention", _("A figure isn't as we promise.")
    elif at is not None and now - at > STALE:
        state, why = "attention", _("These figures are old: they could not be gathered.")
    elif not tests or not facts:
        missing = [
            *([] if tests else [_("no test walks this promise from start to end")]),
            *([] if facts else [_("there is no figure from the running system")]),
        ]
        state, why = "notyet", _("Not proven yet: %(missing)s.") % {"missing": _(" and ").join(missing)}
    else:
        state, why = "ok", ""
    return Row(promise, facts, tests, state, why, at)
