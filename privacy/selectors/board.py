"""The staff's board of erasures: what stands still and why, what runs, what waits, and how much time the law leaves.

Numbers, states and codes only: nobody who is being erased is named here.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.timesince import timeuntil
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from privacy.datamap import Scope
from privacy.health import latest
from privacy.models import ErasureEvent, ErasureRequest, ErasureStep
from privacy.selectors import causes

DONE_DAYS = 30
ALARM_DAYS = (3, 14, 21)  # after the request; the law gives a month
State, StepState = ErasureRequest.State, ErasureStep.State


@dataclass(frozen=True)
class Card:
    """One request on the board.

    Args: lane: still, busy, waiting or done; due: the clock in words; urgency: "", warn or bad; what: scope in words;
    line: what it does now; days_left: until the legal deadline; alarm: how many of the alarms have gone off.
    """

    request: ErasureRequest
    lane: str
    what: str
    due: str
    urgency: str
    line: str
    days_left: int
    alarm: int
    ended: int
    steps: int
    waiting: list[tuple[str, causes.Cause]] = field(default_factory=list)


@dataclass(frozen=True)
class Lane:
    """A column of the board, the most urgent in front."""

    key: str
    name: str
    cards: list[Card]


@dataclass(frozen=True)
class Outage:
    """A system outside that doesn't work, and how many requests wait for it. Args: next: when the first is tried."""

    name: str
    since: str
    requests: int
    next: datetime | None


@dataclass(frozen=True)
class Board:
    """All of it. Args: average, longest: days that the ended ones took."""

    lanes: list[Lane]
    outages: list[Outage]
    open: int
    still: int
    average: float | None
    longest: int | None


def shown(now: datetime) -> QuerySet[ErasureRequest]:
    """Return the requests on the board, the first deadline in front."""
    rows = ErasureRequest.objects.exclude(state=State.WITHDRAWN)
    rows = rows.exclude(state=State.DONE, finished_at__lt=now - timedelta(days=DONE_DAYS))
    return rows.prefetch_related("steps").order_by("deadline")


def board(now: datetime) -> Board:
    """Return the board, in a fixed number of queries."""
    cards = [_card(request, now) for request in shown(now)]
    names = {
        "still": _("Stands still"),
        "busy": _("Being erased"),
        "waiting": _("Time to reconsider"),
        "done": _("Done, 30 days"),
    }
    lanes = [Lane(key, name, [card for card in cards if card.lane == key]) for key, name in names.items()]
    lanes[3].cards.sort(key=lambda card: card.request.finished_at or now, reverse=True)
    took = [
        (card.request.finished_at - card.request.requested_at).total_seconds() / 86400
        for card in lanes[3].cards
        if card.request.finished_at
    ]
    return Board(
        lanes=lanes,
        outages=_outages(cards),
        open=sum(len(lane.cards) for lane in lanes[:3]),
        still=len(lanes[0].cards),
        average=sum(took) / len(took) if took else None,
        longest=round(max(took)) if took else None,
    )


def scope_words(request: ErasureRequest) -> str:
    """Return what is erased, in words."""
    words = {
        Scope.ACCOUNT.value: _("Account"),
        Scope.USER.value: _("One person, the account stays"),
        Scope.SITE.value: _("One website, the account stays"),
        Scope.SUBSCRIBER.value: _("Subscriber of the newsletter"),
        Scope.VISITOR.value: _("Data of one visitor"),
    }
    return str(words.get(request.scope, request.scope))


def _card(request: ErasureRequest, now: datetime) -> Card:
    steps = list(request.steps.all())
    stuck = [step for step in steps if step.state in (StepState.BLOCKED, StepState.RETRY)]
    if request.state == State.DONE:
        lane = "done"
    elif request.state in (State.RECEIVED, State.COOLING_OFF):
        lane = "waiting"
    else:
        lane = "still" if any(step.state == StepState.BLOCKED for step in stuck) else "busy"
    age, left = (now - request.requested_at).days, (request.deadline - now).days
    alarm = sum(age >= each for each in ALARM_DAYS) if lane in ("still", "busy") else 0
    due, urgency = _due(request, lane, left, alarm)
    return Card(
        request=request,
        lane=lane,
        what=scope_words(request),
        due=due,
        urgency=urgency,
        line=_line(request, lane, steps, now),
        days_left=left,
        alarm=alarm,
        ended=sum(step.final for step in steps),
        steps=len(steps),
        waiting=[(causes.step_name(step), causes.explain(step)) for step in stuck] if lane in ("still", "busy") else [],
    )


def _due(request: ErasureRequest, lane: str, left: int, alarm: int) -> tuple[str, str]:
    if lane == "done" and request.finished_at:
        days = max(1, round((request.finished_at - request.requested_at).total_seconds() / 86400))
        return ngettext("in %(n)s day", "in %(n)s days", days) % {"n": days}, ""
    if lane == "waiting":
        day = date_format(timezone.localtime(request.starts_at), "j b")
        return _("begins %(day)s") % {"day": day}, ""
    if left < 0:
        return ngettext("%(n)s day too late", "%(n)s days too late", -left) % {"n": -left}, "bad"
    words = ngettext("%(n)s day left", "%(n)s days left", left) % {"n": left}
    return words, "bad" if alarm == len(ALARM_DAYS) or left <= 3 else "warn" if alarm >= 2 else ""


def _line(request: ErasureRequest, lane: str, steps: list[ErasureStep], now: datetime) -> str:
    if lane == "done" and request.finished_at:
        day = date_format(timezone.localtime(request.finished_at), "j F")
        return _("Everything checked. Certificate sent on %(day)s") % {"day": day}
    if lane == "waiting":
        day = date_format(timezone.localtime(request.requested_at), "j F")
        kept = sum(step.expected for step in steps if step.kind == "hold")
        found = [_("Asked for on %(day)s") % {"day": day}]
        if kept:
            found.append(ngettext("%(n)s invoice stays", "%(n)s invoices stay", kept) % {"n": kept})
        if request.scope == Scope.VISITOR.value and request.chosen:
            n = len(request.chosen)
            found.append(ngettext("%(n)s message", "%(n)s messages", n) % {"n": n})
        return ", ".join(found)
    current = next((step for step in steps if not step.final), None)
    if current is None:
        return ""
    if current.kind == "recheck":
        return _("Erased; second look in %(time)s") % {"time": timeuntil(current.due_at, now)}
    if current.expected and current.kind in ("rows", "unlink", "files"):
        return _("%(name)s: %(done)s of %(all)s") % {
            "name": causes.step_name(current),
            "done": min(current.erased, current.expected),
            "all": current.expected,
        }
    return causes.step_name(current)


def _outages(cards: list[Card]) -> list[Outage]:
    found = []
    for system in latest():
        health = system["health"]
        waiting = [
            step
            for card in cards
            if card.lane in ("still", "busy")
            for step in card.request.steps.all()
            if step.kind == "system" and step.target == system["kind"] and not step.final
        ]
        stuck = [step for step in waiting if step.state in (StepState.BLOCKED, StepState.RETRY)]
        if stuck or (waiting and health is not None and health.state not in ("ok", "busy")):
            first = min(stuck or waiting, key=lambda step: step.changed_at)
            found.append(
                Outage(
                    name=causes.step_name(first),
                    since=date_format(timezone.localtime(first.changed_at), "j b H:i"),
                    requests=len({step.request_id for step in waiting}),
                    next=min((step.due_at for step in waiting), default=None),
                )
            )
    return found


# --- one request


@dataclass(frozen=True)
class StepLine:
    """A step as staff see it. Args: cause: why it waits, None when it doesn't."""

    step: ErasureStep
    name: str
    cause: causes.Cause | None


def access_request(request_id: uuid.UUID) -> ErasureRequest:
    """Return a request for staff; raises Http404."""
    found = ErasureRequest.objects.filter(id=request_id).prefetch_related("steps", "events").first()
    if found is None:
        raise Http404
    return found


def step_lines(request: ErasureRequest) -> list[StepLine]:
    """Return its steps in order."""
    waits = (StepState.BLOCKED, StepState.RETRY, StepState.SUBMITTED)
    return [
        StepLine(step, causes.step_name(step), causes.explain(step) if step.state in waits and step.cause else None)
        for step in request.steps.all()
    ]


def card_of(request: ErasureRequest, now: datetime) -> Card:
    """Return one request as it is on the board."""
    return _card(request, now)


def may_extend(request: ErasureRequest, now: datetime) -> bool:
    """Whether the term can still be made longer: once, and within the first month."""
    extended = any(event.kind == ErasureEvent.Kind.EXTENDED for event in request.events.all())
    return request.state not in (State.DONE, State.WITHDRAWN) and not extended and now < request.deadline


def overview(now: datetime) -> Iterator[list[str]]:
    """Yield the board as rows for a spreadsheet, with a head."""
    yield [
        _("Reference"),
        _("What"),
        _("Lane"),
        _("Asked for on"),
        _("Legal deadline"),
        _("Days left"),
        _("Steps ended"),
        _("Steps"),
        _("Waits for"),
        _("Finished on"),
    ]
    for lane in board(now).lanes:
        for card in lane.cards:
            request = card.request
            yield [
                request.reference,
                card.what,
                lane.name,
                timezone.localtime(request.requested_at).isoformat(timespec="minutes"),
                timezone.localtime(request.deadline).date().isoformat(),
                "" if lane.key == "done" else str(card.days_left),
                str(card.ended),
                str(card.steps),
                "; ".join(f"{name}: {cause.words}" for name, cause in card.waiting),
                timezone.localtime(request.finished_at).isoformat(timespec="minutes") if request.finished_at else "",
            ]


def open_count() -> int:
    """Return how many erasures are open, for the console's menu."""
    return ErasureRequest.objects.filter(state__in=[State.RECEIVED, State.COOLING_OFF, State.RUNNING]).count()
