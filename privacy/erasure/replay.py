"""Doing again, after a restored backup, every erasure and every no that the ledger knows and the database doesn't.

A no is consent that was withdrawn, a newsletter that was stopped: applications register how (`hooks.REPLAYS`).
Whoever was signed out since would be signed in again: everybody signs in anew.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime

from django.apps import apps
from django.db import transaction
from django.utils import timezone

from privacy.erasure import engine, guard, hooks, ledger, plan
from privacy.models import ErasureRequest, ErasureStep


class Incomplete(RuntimeError):
    """Some step could not be finished; the ledger stays ahead and the product closed."""


def replay(*, clock: engine.Clock = timezone.now) -> Iterator[tuple[int, str]]:
    """Yield (line, what was done) of each line done again; raises Incomplete. Runs as the eraser.

    A line counts as followed when everything but the second look, a day later, has been verified.
    """
    with guard.replaying():
        waiting = list(ledger.lines(after=ledger.position()))
        if waiting:
            _end_sessions()
        for seq, line in waiting:
            kind = line.get("kind")
            if kind is not None:
                if kind not in hooks.REPLAYS:
                    raise Incomplete(f"line {seq}: nobody knows how to follow {kind!r}")
                hooks.REPLAYS[kind].follow(line)
                ledger.note(seq, line)
                yield seq, hooks.REPLAYS[kind].words
                continue
            request = _request(seq, line, now=clock())
            engine.advance(clock=clock, only=request.id, replaying=True)
            open_steps = request.steps.filter(stage__lte=plan.ERASE).exclude(state__in=ErasureStep.FINAL)
            if open_steps.exists() or not request.steps.exists():
                causes = ", ".join(f"{step} ({step.cause})" for step in open_steps)
                raise Incomplete(f"line {seq}: {causes or 'no plan'}")
            with transaction.atomic():
                ledger.note(seq, line)
            yield seq, f"{request.reference} erased again and checked"


def _end_sessions() -> None:
    for label in ("sessions.Session", "accounts.StaffSession"):
        apps.get_model(label)._default_manager.all().delete()


def _request(seq: int, line: dict[str, object], *, now: datetime) -> ErasureRequest:
    """Return the line's request in this database: begun, whatever state the backup had it in."""
    subject = line["subject"]
    assert isinstance(subject, dict)
    key = uuid.UUID(str(line["request"]))
    with transaction.atomic():
        found = ErasureRequest.objects.select_for_update().filter(id=key).first()
        if found is not None and found.replay_of == seq:
            return found
        if found is not None:
            found.delete()
        chosen = subject["submissions"] if subject["scope"] == "visitor" else subject["people"]
        return ErasureRequest.objects.create(
            id=key,
            reference=str(line.get("reference") or f"R-{seq}"),
            scope=subject["scope"],
            subject_id=uuid.UUID(subject["id"]),
            account_ref=uuid.UUID(subject["account"]) if subject["account"] else None,
            chosen=chosen,
            requested_at=now,
            starts_at=now,
            deadline=now,
            replay_of=seq,
        )
