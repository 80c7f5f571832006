"""The clock of erasures: mails to staff when time runs out, a reminder before it begins, and a longer term.

Article 12.3 GDPR gives one month, and two more for what is complex, if the person is told within the first month, with
the reason. Every act and every mail is a line (`ErasureEvent`); a line is written in the mail's own transaction, so
that no mail is sent twice.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.apps import apps
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone, translation
from django.utils.formats import date_format

from privacy.erasure import certificate, engine
from privacy.models import ErasureEvent, ErasureRequest, ErasureSecret, ErasureStep
from privacy.selectors import causes
from privacy.services.erasure import ErasureError, month_later, nudge
from webanizr.core import mail, tenancy, vault

Kind, State = ErasureEvent.Kind, ErasureRequest.State
ALARMS = ((3, Kind.ALARM_3), (14, Kind.ALARM_14), (21, Kind.ALARM_21))  # days after the request
REMIND_BEFORE = timedelta(days=2)
LANGUAGE_OF_STAFF = "nl"


def _note(request: ErasureRequest, kind: ErasureEvent.Kind, *, now: datetime, reason: str = "") -> bool:
    """Write a line that may be there once; return False when it is there already. Inside a transaction."""
    try:
        with transaction.atomic():
            ErasureEvent.objects.create(request=request, kind=kind, at=now, reason=reason)
    except IntegrityError:
        return False
    return True


# --- to staff; runs in the worker


def sound_alarms(*, now: datetime) -> int:
    """Mail staff about each request that has been open for 3, 14 or 21 days; return how many requests.

    A request whose owner still reconsiders asks nothing of staff. One that missed an alarm (everything stood still)
    gets the latest only.
    """
    told = 0
    since = now - timedelta(days=ALARMS[0][0])
    late = ErasureRequest.objects.filter(
        state__in=[State.RECEIVED, State.RUNNING], requested_at__lte=since, starts_at__lte=now
    )
    for request in late.prefetch_related("events", "steps").order_by("deadline"):
        due = [(days, kind) for days, kind in ALARMS if request.requested_at <= now - timedelta(days=days)]
        known = {event.kind for event in request.events.all()}
        fresh = [(days, kind) for days, kind in due if kind not in known]
        # a request that was reconsidered for a week isn't late on the day it begins
        begun = request.started_at or request.requested_at
        if not fresh or (fresh[-1][0] == ALARMS[0][0] and begun > since):
            continue
        with transaction.atomic():
            noted = [_note(request, kind, now=now) for _days, kind in fresh]  # each of them, whatever the others say
            if all(noted):
                _mail_staff(request, days=fresh[-1][0], now=now)
                told += 1
    return told


def _mail_staff(request: ErasureRequest, *, days: int, now: datetime) -> None:
    members = apps.get_model("accounts.StaffMember")._default_manager.filter(active=True)
    people = members.values_list("user__name", "user__email").order_by("user__email")
    waiting = [
        step for step in request.steps.all() if step.state in (ErasureStep.State.BLOCKED, ErasureStep.State.RETRY)
    ]
    with translation.override(LANGUAGE_OF_STAFF):
        lines = [[causes.step_name(step), causes.explain(step).words] for step in waiting]
        day = date_format(timezone.localtime(request.deadline), "DATE_FORMAT")
    for name, email in people:
        mail.send(
            to=email,
            template="mail/erasure_alarm",
            context={
                "name": name,
                "reference": request.reference,
                "days": days,
                "left": max(0, (request.deadline - now).days),
                "deadline": day,
                "lines": lines,
                "link": f"{settings.STAFF_URL}/erasures/{request.id}/",
            },
            language=LANGUAGE_OF_STAFF,
            account_id=tenancy.PLATFORM_ACCOUNT,
        )


# --- to the person; runs as the eraser, which alone may read the address


def tell_people(*, now: datetime) -> int:
    """Remind who will be erased within two days, and tell whose term was extended; return how many were told."""
    told = 0
    soon = ErasureRequest.objects.filter(
        state=State.COOLING_OFF, starts_at__gt=now, starts_at__lte=now + REMIND_BEFORE
    ).exclude(events__kind=Kind.REMINDED)
    for request in soon:
        # who just asked, or chose a day that near, needs no reminder
        if request.starts_at - request.requested_at > REMIND_BEFORE:
            told += _tell(request, Kind.REMINDED, "mail/erasure_reminder", now=now)
    extended = ErasureRequest.objects.filter(events__kind=Kind.EXTENDED).exclude(events__kind=Kind.TOLD)
    for request in extended.exclude(state__in=[State.DONE, State.WITHDRAWN]):
        told += _tell(request, Kind.TOLD, "mail/erasure_extended", now=now)
    return told


def _tell(request: ErasureRequest, kind: ErasureEvent.Kind, template: str, *, now: datetime) -> int:
    secret = ErasureSecret.objects.filter(request=request).first()
    contact = vault.unseal_note(secret.sealed, purpose=engine.PURPOSE).get("contact") if secret else None
    reason = request.events.filter(kind=Kind.EXTENDED).values_list("reason", flat=True).first()
    with transaction.atomic():
        if not _note(request, kind, now=now):
            return 0
        if not contact:
            return 0  # asked for by hand: nobody to mail
        with translation.override(contact["language"]):
            words = {
                "name": contact["name"],
                "reference": request.reference,
                "link": certificate.link(request),
                "scope": request.scope,
                "begins": date_format(timezone.localtime(request.starts_at), "DATE_FORMAT"),
                "deadline": date_format(timezone.localtime(request.deadline), "DATE_FORMAT"),
                "reason": str(ErasureEvent.Reason(reason).label) if reason else "",
            }
        mail.send(
            to=contact["email"],
            template=template,
            context=words,
            language=contact["language"],
            account_id=tenancy.PLATFORM_ACCOUNT,
        )
    return 1


# --- what staff do


@transaction.atomic
def try_again(*, request: ErasureRequest, actor_id: uuid.UUID, now: datetime) -> int:
    """Let the steps that wait be tried now; return how many there were."""
    waiting = request.steps.filter(state__in=["blocked", "retry", "submitted"]).exclude(kind="recheck")
    count = waiting.update(due_at=now)
    if count:
        ErasureEvent.objects.create(request=request, kind=Kind.RETRIED, actor_id=actor_id, at=now)
        transaction.on_commit(nudge, robust=True)
    return count


@transaction.atomic
def extend_term(
    *, request: ErasureRequest, reason: ErasureEvent.Reason, actor_id: uuid.UUID, now: datetime
) -> ErasureRequest:
    """Give a request two months more; the eraser mails the person within minutes, with the reason.

    Raises ErasureError("ended"), ("extended") when it was before, ("too_late") after the first month: article 12.3 GDPR
    wants the person to be told within it.
    """
    locked = ErasureRequest.objects.select_for_update().get(id=request.id)
    if locked.state in (State.DONE, State.WITHDRAWN):
        raise ErasureError("ended")
    if locked.events.filter(kind=Kind.EXTENDED).exists():
        raise ErasureError("extended")
    if now >= locked.deadline:
        raise ErasureError("too_late")
    locked.deadline = month_later(month_later(locked.deadline))
    locked.save(update_fields=["deadline"])
    ErasureEvent.objects.create(request=locked, kind=Kind.EXTENDED, reason=reason, actor_id=actor_id, at=now)
    return locked
