"""Doing again, after a restored backup, every erasure and withdrawal that the ledger knows and the database doesn't.

Whoever was signed out since would be signed in again: everybody signs in anew. Unsubscribes have a list of their own,
which is followed before anything is sent to a platform (`newsletters.services.stops`).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime

from django.apps import apps
from django.db import transaction
from django.utils import timezone

from privacy.erasure import engine, guard, ledger, plan, withdrawals
from privacy.models import ErasureRequest, ErasureStep


class Incomplete(RuntimeError):
    """Some step could not be finished; the ledger stays ahead and the product closed."""


def replay(*, clock: engine.Clock = timezone.now) -> Iterator[tuple[int, str]]:
    """Yield (line, reference) of each line done again, "" for a withdrawal; raises Incomplete. Runs as the eraser.

    A line counts as followed when everything but the second look, a day later, has been verified.
    """
    with guard.replaying():
        waiting = list(ledger.lines(after=ledger.position()))
        if waiting:
            _end_sessions()
        for seq, line in waiting:
            if line.get("kind") == withdrawals.KIND:
                withdrawals.withdraw_again(line)
                ledger.note(seq, line)
                yield seq, ""
                continue
            request = _request(seq, line, now=clock())
            engine.advance(clock=clock, only=request.id, replaying=True)
            open_steps = request.steps.filter(stage__lte=plan.ERASE).exclude(state__in=ErasureStep.FINAL)
            if open_steps.exists() or not request.steps.exists():
                causes = ", ".join(f"{step} ({step.cause})" for step in open_steps)
                raise Incomplete(f"line {seq}: {causes or 'no plan'}")
            with transaction.atomic():
                ledger.note(seq, line)
            yield seq, request.reference


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
