"""The frozen plan: every place where the subject is, found in one snapshot before anything is deleted.

Deleting rows destroys the ways to the rest, so all of them are written down first. The plan's hash is checked before
each stage: a step that vanished is noticed.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db import connection, transaction

from privacy.connectors.base import systems
from privacy.datamap import Personal, Scope, data_map
from privacy.erasure import hooks, rows
from privacy.erasure.subjects import Person, Subject
from privacy.models import ErasureRequest, ErasureStep
from privacy.paths import ROOTS
from webanizr.core import tenancy

# In this order; the steps of a stage don't wait for each other, except rows, which go children first.
LEDGER, STOP, ERASE, RECHECK, PROVE, FORGET = range(6)
# Lines about what was sent outside are added while systems outside are asked: they go last.
LAST = ("core.Transfer",)
# Nobody is counted without being signed in (privacy.statistics), so a subscriber can't be there.
NEEDS_ACCOUNT = "statistics"
# What ends sessions goes first: it is found by rows that go later.
FIRST = ("sessions.Session", "accounts.StaffSession")
KEYS = "sites.SiteKey"
GROUP = 1000  # files that are one step


@dataclass
class Step:
    """One line of the plan."""

    stage: int
    kind: str
    target: str = ""
    args: dict[str, Any] = field(default_factory=dict)
    expected: int = 0

    def as_json(self) -> list[Any]:
        """Return what the hash is made of."""
        return [self.stage, self.kind, self.target, self.args]


@dataclass
class Plan:
    """A subject and the steps that erase it."""

    subject: Subject
    steps: list[Step]

    @property
    def hash(self) -> str:
        """Return a SHA-256 of all of it."""
        return hash_of(self.subject.as_json(), [step.as_json() for step in self.steps])


def hash_of(subject: dict[str, Any], steps: list[list[Any]]) -> str:
    """Return the plan's hash. Args: steps: [stage, kind, target, args] each, in order."""
    return hashlib.sha256(json.dumps([subject, steps], sort_keys=True).encode()).hexdigest()


def stored_hash(request: ErasureRequest, subject: Subject) -> str:
    """Return the hash of the steps as they are in the database."""
    steps = [[s.stage, s.kind, s.target, s.args] for s in request.steps.order_by("position")]
    return hash_of(subject.as_json(), steps)


def make_plan(request: ErasureRequest) -> Plan:
    """Find everything in one snapshot of the database and of the lists of files. Runs as the eraser."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        subject = _subject(request)
        for identify in hooks.IDENTIFY:
            identify(subject)
        subject.elsewhere = sorted(set(_elsewhere(subject)), key=str)
        return Plan(subject, list(_steps(subject)))


def _subject(request: ErasureRequest) -> Subject:
    scope = Scope(request.scope)
    subject = Subject(scope, request.subject_id, request.account_ref)
    if scope is Scope.USER:
        subject.account_id = None
        subject.people = [_person(request.subject_id)]
    elif scope is Scope.ACCOUNT:
        # after a restored backup, also who went with it the first time
        again = [uuid.UUID(each) for each in request.chosen]
        subject.people = [_person(user_id) for user_id in dict.fromkeys([*_only_here(request.subject_id), *again])]
        subject.sites = rows.all_keys(subject, ROOTS[Scope.SITE])
    elif scope is Scope.SUBSCRIBER:
        subject.account_id = None
        subject.people = [Person(request.subject_id)]  # what is known of them is the newsletter's to say (hooks)
    elif scope is Scope.SITE:
        subject.sites = [request.subject_id]
    elif scope is Scope.VISITOR:
        subject.submissions = [uuid.UUID(each) for each in request.chosen]
    return subject


def _person(user_id: uuid.UUID) -> Person:
    """Return somebody with every address we know of them."""
    with tenancy.context(account_id=None, user_id=user_id):
        user = apps.get_model(ROOTS[Scope.USER])._default_manager.filter(pk=user_id).values("name", "email").first()
        address = apps.get_model("account.EmailAddress")._default_manager.filter(user_id=user_id)
        emails = [*([user["email"]] if user else []), *address.values_list("email", flat=True)]
    return Person(user_id, list(dict.fromkeys(each.lower() for each in emails)), user["name"] if user else "")


def _only_here(account_id: uuid.UUID) -> list[uuid.UUID]:
    """Return the members who belong to no other account: with it they go too."""
    membership = apps.get_model("accounts.Membership")._default_manager
    with tenancy.context(account_id=account_id, user_id=None):
        members = list(membership.filter(account_id=account_id).values_list("user_id", flat=True).order_by("user_id"))
    found = []
    for user_id in members:
        with tenancy.context(account_id=None, user_id=user_id):
            if not membership.filter(user_id=user_id).exclude(account_id=account_id).exists():
                found.append(user_id)
    return found


def _elsewhere(subject: Subject) -> Iterator[uuid.UUID]:
    """Yield the accounts, other than the one that goes, whose rows know one of the people."""
    if not subject.people or subject.scope is Scope.SUBSCRIBER:
        return
    accounts = apps.get_model(ROOTS[Scope.ACCOUNT])._default_manager.exclude(pk=subject.account_id)
    ids = list(accounts.values_list("pk", flat=True))
    for person in subject.people:
        yield from rows.accounts_with(list(rows.person_searches(person, rows.NOBODY)), ids)


def _steps(subject: Subject) -> Iterator[Step]:
    yield Step(LEDGER, "ledger")
    yield Step(STOP, "stop")
    for person in subject.people:
        for kind in systems():
            if subject.scope is Scope.SUBSCRIBER and kind == NEEDS_ACCOUNT:
                continue
            yield Step(ERASE, "system", kind, {"person": str(person.id)})
    for prefix, names in files(subject):
        yield Step(ERASE, "files", prefix, {"names": names} if names else {})
    if subject.scope is Scope.ACCOUNT:
        yield Step(ERASE, "keys")
    elif subject.scope is Scope.SITE:
        yield Step(ERASE, "keys", args={"pairs": sorted(str(key) for key in rows.all_keys(subject, KEYS))})
    if subject.scope in (Scope.ACCOUNT, Scope.USER, Scope.SUBSCRIBER):
        yield Step(ERASE, "caches")
    for name, holds in hooks.HOLDS.items():
        kept = holds(subject)
        if kept:
            last = max(kept, key=lambda each: each.until)
            facts = {"count": sum(each.count for each in kept), "law": last.law, "until": last.until.isoformat()}
            yield Step(ERASE, "hold", name, facts)
    yield from _row_steps(subject)
    yield Step(RECHECK, "recheck")
    yield Step(PROVE, "prove")
    yield from _row_steps(subject, last=True)
    yield Step(FORGET, "forget")


def _row_steps(subject: Subject, *, last: bool = False) -> Iterator[Step]:
    """Yield a step for each table that has, or may yet get, rows of the subject."""
    for label in LAST if last else in_order():
        for unlink in (True, False):
            found = list(rows.searches(subject, label, unlink=unlink))
            expected = sum(rows.count(search) for search in found)
            if expected or (last and found):  # asking systems outside adds lines even where there were none
                yield Step(FORGET if last else ERASE, "unlink" if unlink else "rows", label, expected=expected)


def in_order() -> list[str]:
    """Return the tables whose rows are erased, in that order; those that go last are left out."""
    order = [label for label in rows.labels() if label not in LAST]
    return [*(each for each in FIRST if each in order), *(each for each in order if each not in FIRST)]


def files(subject: Subject) -> list[tuple[str, list[str]]]:
    """Return what goes from storage, from the data map's places: (prefix, names) each.

    Names are the parts of keys after the prefix that go, at most GROUP together; none: all that is below it goes.
    """
    found: list[tuple[str, list[str]]] = []
    for place in data_map.load().places:
        template = place.where.get(subject.scope)
        if place.kind != "storage" or template is None or not isinstance(place.declaration, Personal):
            continue
        template = template.replace("{account}", str(subject.account_id))
        before, brace, rest = template.partition("{")
        if not brace:
            found.append((template, []))
            continue
        label, _, after = rest.partition("}")
        keys = [str(key) for key in rows.all_keys(subject, label)]
        if label == ROOTS[Scope.SITE]:  # few, each with a place of its own
            found += [(f"{before}{key}{after}", []) for key in keys]
        else:  # there may be as many as there are messages
            found += [(before, sorted(keys)[start : start + GROUP]) for start in range(0, len(keys), GROUP)]
    return found


def store(request: ErasureRequest, plan: Plan) -> None:
    """Write the steps down, in the order of the plan."""
    ErasureStep.objects.bulk_create(
        ErasureStep(
            request=request,
            position=position,
            stage=step.stage,
            kind=step.kind,
            target=step.target,
            args=step.args,
            expected=step.expected,
            due_at=request.starts_at,
        )
        for position, step in enumerate(plan.steps)
    )
    request.plan_hash, request.step_count = plan.hash, len(plan.steps)
