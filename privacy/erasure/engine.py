"""Runs the steps of erasures, whatever dies meanwhile: a worker, the broker, another system for days.

The truth is in the steps' rows. `advance` claims a due step with a lease, lets it look, act and look, and writes down
what came of it. A killed worker's lease runs out and the step is done again: every act may be repeated. A request ends
only when every step of its plan is verified absent or kept by law, and the plan still has all its steps.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from privacy.datamap import Scope
from privacy.erasure import certificate, hooks, ledger, plan, steps
from privacy.erasure.subjects import Subject
from privacy.models import ErasureRequest, ErasureSecret, ErasureStep
from webanizr.core import vault

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=5)
RECHECK_AFTER = timedelta(hours=24)
RECHECK_KINDS = ("system", "rows", "unlink", "files", "keys")
MOST_ATTEMPTS = 30_000  # as many as can be counted
PURPOSE = "erasure"
State = ErasureStep.State
WAITING = [State.PENDING, State.RETRY, State.SUBMITTED, State.BLOCKED, State.DONE]
Clock = Callable[[], datetime]


class Stopped(RuntimeError):
    """The ledger is ahead of this database: nothing may be erased or asked before it is replayed."""


def advance(
    *, clock: Clock = timezone.now, limit: int = 1000, only: uuid.UUID | None = None, replaying: bool = False
) -> int:
    """Plan what was received, start what is due, and run steps until none is due; return how many were run.

    Args: clock: what time it is; limit: most steps; only: one request; replaying: this follows the
    ledger. Runs as the eraser, outside any transaction.
    Raises Stopped after a restore.
    """
    if not replaying and ledger.ahead():
        raise Stopped("the ledger is ahead: manage.py replay_erasures")
    run = 0
    while run < limit:
        prepare(now=clock(), only=only)
        step = claim(now=clock(), only=only)
        if step is None:
            return run
        perform(step, clock=clock)
        run += 1
    return run


# --- requests


def prepare(*, now: datetime, only: uuid.UUID | None = None) -> None:
    """Make the plan of new requests and let those begin whose time to reconsider is over; forget who took it back."""
    forget_withdrawn(now=now)
    open_requests = ErasureRequest.objects.filter(state__in=["received", "cooling_off"])
    if only is not None:
        open_requests = open_requests.filter(id=only)
    for request in open_requests.filter(state="received"):
        with _others_go_on(request):
            freeze_plan(request)
    for request in open_requests.filter(state="cooling_off", starts_at__lte=now):
        with _others_go_on(request):
            begin(request, now=now)


@contextmanager
def _others_go_on(request: ErasureRequest) -> Iterator[None]:
    """A request whose plan can't be made is tried again with the next round; it doesn't hold up the others."""
    try:
        yield
    except Exception:
        log.exception("erasure %s: no plan", request.reference)


def forget_withdrawn(*, now: datetime) -> None:
    """Delete the plan and the addresses of requests that were taken back; what is left are numbers, for a year."""
    for request in ErasureRequest.objects.filter(state=ErasureRequest.State.WITHDRAWN, finished_at=None):
        with transaction.atomic():
            ErasureSecret.objects.filter(request_id=request.id).delete()
            request.steps.all().delete()
            ErasureRequest.objects.filter(id=request.id).update(finished_at=now, paused=[], chosen=[])


def freeze_plan(request: ErasureRequest) -> None:
    """Make a request's plan, once, and seal what names somebody."""
    made = plan.make_plan(request)
    with transaction.atomic():
        locked = ErasureRequest.objects.select_for_update().get(id=request.id)
        if locked.state != ErasureRequest.State.RECEIVED:
            return
        plan.store(locked, made)
        before = ErasureSecret.objects.filter(request=locked).first()
        kept = vault.unseal_note(before.sealed, purpose=PURPOSE) if before else {}  # whom to mail the certificate
        secrets = kept | made.subject.secrets() | {"subject": made.subject.as_json()}
        ErasureSecret.objects.update_or_create(
            request=locked, defaults={"sealed": vault.seal_note(secrets, purpose=PURPOSE)}
        )
        locked.state = ErasureRequest.State.COOLING_OFF
        locked.save(update_fields=["state", "plan_hash", "step_count"])


def begin(request: ErasureRequest, *, now: datetime) -> None:
    """Make the plan anew, for what came since, and start: from here on there is no way back."""
    made = plan.make_plan(request)
    with transaction.atomic():
        locked = ErasureRequest.objects.select_for_update().get(id=request.id)
        if locked.state != ErasureRequest.State.COOLING_OFF:
            return
        locked.steps.all().delete()
        plan.store(locked, made)
        before = ErasureSecret.objects.filter(request=locked).first()
        kept = vault.unseal_note(before.sealed, purpose=PURPOSE) if before else {}
        secrets = kept | made.subject.secrets() | {"subject": made.subject.as_json()}
        ErasureSecret.objects.update_or_create(
            request=locked, defaults={"sealed": vault.seal_note(secrets, purpose=PURPOSE)}
        )
        locked.state, locked.started_at = ErasureRequest.State.RUNNING, now
        locked.save(update_fields=["state", "started_at", "plan_hash", "step_count"])
        locked.steps.update(due_at=now)


def subject_of(request: ErasureRequest) -> Subject:
    """Return whom the request is about, as the plan found them."""
    secrets = vault.unseal_note(request.secret.sealed, purpose=PURPOSE)
    return Subject.from_json(secrets["subject"], secrets)


# --- steps


def claim(*, now: datetime, only: uuid.UUID | None = None) -> ErasureStep | None:
    """Lease the first step that may run; None when nothing is due. A lease that ran out makes its step due again."""
    running = ErasureRequest.objects.filter(state=ErasureRequest.State.RUNNING).order_by("started_at")
    if only is not None:
        running = running.filter(id=only)
    for request in running:
        with transaction.atomic():
            step = _first_due(request, now)
            if step is None:
                continue
            step.state, step.lease, step.leased_until = State.LEASED, uuid.uuid4(), now + LEASE
            step.attempts = min(step.attempts + 1, MOST_ATTEMPTS)
            step.save(update_fields=["state", "lease", "leased_until", "attempts"])
            step.request = request
            return step
    return None


def _first_due(request: ErasureRequest, now: datetime) -> ErasureStep | None:
    found = list(request.steps.order_by("position").values("id", "stage", "kind", "state", "due_at", "leased_until"))
    if len(found) != request.step_count:
        log.error("erasure %s: %s steps of %s are left", request.reference, len(found), request.step_count)
        return None
    final = set(ErasureStep.FINAL)
    stage = min((each["stage"] for each in found if each["state"] not in final), default=None)
    rows_wait = False
    for each in found:
        if each["stage"] != stage or each["state"] in final:
            continue
        ordered = each["kind"] in ("rows", "unlink")
        free = each["state"] != State.LEASED or (each["leased_until"] is not None and each["leased_until"] < now)
        due = free and each["due_at"] <= now and not (ordered and rows_wait)
        rows_wait = rows_wait or ordered  # children first: the next table waits for this one
        if due:
            locked: QuerySet[ErasureStep] = request.steps.select_for_update(skip_locked=True)
            step = locked.filter(id=each["id"], state=each["state"]).first()
            if step is not None:
                return step
    return None


def perform(step: ErasureStep, *, clock: Clock) -> None:
    """Run one leased step and write down what came of it."""
    request = step.request
    try:
        report = _act(step, request, clock)
    except (DatabaseError, OSError, vault.VaultError) as error:
        log.warning("erasure %s %s: %s", request.reference, step, type(error).__name__)
        report = steps.Report(State.RETRY, cause=type(error).__name__, after=steps.backoff(step.attempts))
        if isinstance(error, IntegrityError) and step.kind == "rows":
            # rows came to a table whose turn was over, while those that they belong to went
            report = _sweep(step, subject_of(request))
    except Exception:  # a fault of ours: staff see it, and the other steps and requests go on
        log.exception("erasure %s %s", request.reference, step)
        report = steps.Report(State.BLOCKED, cause="error", after=3600)
    record(step, report, now=clock())


def _sweep(step: ErasureStep, subject: Subject) -> steps.Report:
    try:
        gone = steps.sweep(subject)
    except (DatabaseError, OSError) as error:
        return steps.Report(State.RETRY, cause=type(error).__name__, after=steps.backoff(step.attempts))
    return steps.Report(State.RETRY, cause="rows_came", after=1, evidence=[f"late_rows:{gone}"])


def _act(step: ErasureStep, request: ErasureRequest, clock: Clock) -> steps.Report:
    if step.kind == "forget":
        return _forget(request)
    subject = subject_of(request)
    if step.kind == "ledger":
        if plan.stored_hash(request, subject) != request.plan_hash:
            return steps.Report(State.BLOCKED, cause="plan_changed", after=3600)
        if request.replay_of is not None:
            return steps.Report(State.VERIFIED, evidence=[f"line:{request.replay_of}"])
        if subject.scope is Scope.USER and (refusal := hooks.refusal(subject.id)):  # what changed since the request
            return steps.Report(State.BLOCKED, cause=refusal, after=3600)
        line = {"subject": subject.as_json(), "reference": request.reference}
        seq = ledger.append(request.id, line)
        return steps.Report(State.VERIFIED, evidence=[f"line:{seq}"])
    again = _given_anew(request, subject) if step.kind == "recheck" or step.reopened else []
    if step.kind == "recheck":
        return _recheck(step, request, subject, clock(), anew=len(again))
    if step.kind == "prove":
        return _prove(request, subject, clock())

    def progress(gone: int) -> None:
        ErasureStep.objects.filter(id=step.id, lease=step.lease).update(
            erased=F("erased") + gone, leased_until=clock() + LEASE
        )

    return steps.ACTS[step.kind](step, subject, progress)


def _given_anew(request: ErasureRequest, subject: Subject) -> list[str]:
    """Take the addresses out of `subject` that the person gave anew since the erasing began; return them.

    Once everything has been seen to be gone, what is found under such an address is new: it didn't come back.
    """
    since = request.started_at
    found = [
        address
        for person in subject.people
        for address in person.emails
        if since is not None and any(given(address, since) for given in hooks.ANEW)
    ]
    for person in subject.people:
        person.emails = [address for address in person.emails if address not in found]
    return found


def record(step: ErasureStep, report: steps.Report, *, now: datetime) -> None:
    """Write down how a step ended, if it is still ours."""
    counted = step.kind in ("rows", "unlink", "files")  # those count while they work
    with transaction.atomic():
        ours = ErasureStep.objects.filter(id=step.id, lease=step.lease).update(
            state=report.state,
            cause=report.cause,
            evidence=[*step.evidence, *report.evidence][-40:],
            erased=F("erased") + (0 if counted else report.erased),
            law=report.law,
            until=report.until,
            due_at=now + timedelta(seconds=report.after),
            lease=None,
            leased_until=None,
            changed_at=now,
        )
        if ours and step.kind == "forget" and report.state == State.VERIFIED:
            ErasureRequest.objects.filter(id=step.request_id).update(
                state=ErasureRequest.State.DONE, finished_at=now, paused=[], chosen=[]
            )


def _recheck(step: ErasureStep, request: ErasureRequest, subject: Subject, now: datetime, *, anew: int) -> steps.Report:
    """A day after the last erasure, or at a system's horizon, look at everything again; what came back is reopened."""
    ended = list(request.steps.filter(stage=plan.ERASE))
    last = max((each.changed_at for each in ended), default=now)
    wait = max([RECHECK_AFTER, *(steps.horizon(each) for each in ended if each.kind == "system")])
    if now < last + wait:
        return steps.Report(State.SUBMITTED, cause="later", after=(last + wait - now).total_seconds())
    late = steps.late_rows(subject, {each.target for each in ended if each.kind in ("rows", "unlink")})
    if late:
        log.error("erasure %s: rows came to %s", request.reference, ", ".join(late))
        gone = steps.sweep(subject)
        evidence = [f"late_rows:{gone}"]
        return steps.Report(State.SUBMITTED, cause="came_back", after=RECHECK_AFTER.total_seconds(), evidence=evidence)
    open_again = 0
    for each in ended:
        if each.kind not in RECHECK_KINDS or each.state != State.VERIFIED:
            continue
        report = steps.look(each, subject)
        if report.state == State.VERIFIED:
            evidence = [*each.evidence, "again", *report.evidence][-40:]
            ErasureStep.objects.filter(id=each.id).update(evidence=evidence)
        elif report.state == State.PENDING:
            open_again += 1
            log.error("erasure %s: something came back in %s", request.reference, each)
            ErasureStep.objects.filter(id=each.id).update(
                state=State.PENDING, cause="came_back", due_at=now, reopened=F("reopened") + 1, changed_at=now
            )
        else:
            return steps.Report(report.state, cause=report.cause, after=max(60.0, report.after))
    if open_again:
        return steps.Report(State.RETRY, cause="came_back", after=1, evidence=[f"reopened:{open_again}"])
    given = [f"given_anew:{anew}"] if anew else []
    return steps.Report(State.VERIFIED, evidence=["everything_again:absent", *given])


def _prove(request: ErasureRequest, subject: Subject, now: datetime) -> steps.Report:
    """Sign the certificate and mail where it is, while the address is still known."""
    if plan.stored_hash(request, subject) != request.plan_hash:
        return steps.Report(State.BLOCKED, cause="plan_changed", after=3600)
    before = request.steps.filter(stage__lt=plan.PROVE)
    if before.exclude(state__in=ErasureStep.FINAL).exists():
        return steps.Report(State.RETRY, cause="not_all_ended", after=60)
    content = certificate.make(request, list(before.order_by("position")), now=now)
    signature = certificate.sign(content)  # outside the transaction: another machine may hold the key
    with transaction.atomic():
        fresh = ErasureRequest.objects.select_for_update().get(id=request.id)
        if fresh.certificate is None:
            fresh.certificate, fresh.signature = content, signature
            fresh.save(update_fields=["certificate", "signature"])
            secrets = vault.unseal_note(request.secret.sealed, purpose=PURPOSE)
            certificate.send(fresh, secrets.get("contact"))
    return steps.Report(State.VERIFIED, evidence=["signed"])


def _forget(request: ErasureRequest) -> steps.Report:
    """Forget the address: the last thing, after which the request is closed."""
    others = request.steps.filter(~Q(kind="forget")).exclude(state__in=ErasureStep.FINAL)
    if others.exists():
        return steps.Report(State.RETRY, cause="not_all_ended", after=5)
    ErasureSecret.objects.filter(request_id=request.id).delete()
    return steps.Report(State.VERIFIED, evidence=["address_left:0"])
