"""The staff's board of erasures: what stands still and why, what runs, what waits, and how much time the law leaves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet

from privacy.models import ErasureRequest, ErasureStep

DONE_DAYS = 30
ALARM_DAYS = (3, 14, 21)  # after the request; the law gives a month


@dataclass(frozen=True)
class Card:
    """One request. Args: days_left: until the legal deadline; alarm: how many of the alarms have gone off."""

    request: ErasureRequest
    lane: str
    days_left: int
    alarm: int
    ended: int
    steps: int
    blocked: list[ErasureStep]
    next: datetime | None


def board(now: datetime) -> dict[str, list[Card]]:
    """Return the cards by lane (still, busy, waiting, done), the most urgent first, in two queries."""
    shown: QuerySet[ErasureRequest] = ErasureRequest.objects.exclude(state="withdrawn").exclude(
        state="done", finished_at__lt=now - timedelta(days=DONE_DAYS)
    )
    lanes: dict[str, list[Card]] = {"still": [], "busy": [], "waiting": [], "done": []}
    for request in shown.prefetch_related("steps").order_by("deadline"):
        card = _card(request, now)
        lanes[card.lane].append(card)
    return lanes


def _card(request: ErasureRequest, now: datetime) -> Card:
    steps = list(request.steps.all())
    blocked = [step for step in steps if step.state in (ErasureStep.State.BLOCKED, ErasureStep.State.RETRY)]
    state = ErasureRequest.State
    if request.state == state.DONE:
        lane = "done"
    elif request.state in (state.RECEIVED, state.COOLING_OFF):
        lane = "waiting"
    else:
        lane = "still" if any(step.state == ErasureStep.State.BLOCKED for step in blocked) else "busy"
    age = (now - request.requested_at).days
    return Card(
        request=request,
        lane=lane,
        days_left=(request.deadline - now).days,
        alarm=0 if lane == "done" else sum(age >= each for each in ALARM_DAYS),
        ended=sum(step.final for step in steps),
        steps=len(steps),
        blocked=blocked if lane != "waiting" else [],
        next=min((step.due_at for step in steps if not step.final), default=None),
    )
