"""Asking for an erasure, taking it back, and not waiting: what people do; `privacy.erasure` does the rest."""

from __future__ import annotations

import secrets
import uuid
from datetime import datetime, timedelta
from typing import Any

from celery import current_app
from django.apps import apps
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import override

from privacy.datamap import Scope
from privacy.erasure import certificate, engine, hooks
from privacy.models import ErasureRequest, ErasureSecret
from webanizr.core import locks, mail, tenancy, vault

COOLING_OFF = timedelta(days=7)
ADVANCE = "privacy.tasks.advance_erasures"
ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # without what is easily misread


class ErasureError(Exception):
    """It can't be asked or taken back now; the message is for the person."""


def month_later(moment: datetime) -> datetime:
    """Return the same day of the next month, or its last one (article 12.3 GDPR: within one month)."""
    year, month = (moment.year + 1, 1) if moment.month == 12 else (moment.year, moment.month + 1)
    for day in range(moment.day, 27, -1):
        try:
            return moment.replace(year=year, month=month, day=day)
        except ValueError:
            continue
    return moment.replace(year=year, month=month)


def request_erasure(
    *,
    scope: Scope,
    subject_id: uuid.UUID,
    account_id: uuid.UUID | None,
    actor_id: uuid.UUID | None,
    contact: dict[str, str] | None,
    now: datetime,
    at_once: bool = False,
    submissions: list[uuid.UUID] | None = None,
    pause: bool = True,
) -> ErasureRequest:
    """Store a request and take what it is about off the air; the eraser makes the plan within seconds.

    Args: scope, subject_id: what; account_id: whose it is, None for a person; contact: {"name", "email", "language"}
    of who gets the certificate; at_once: without the seven days to reconsider; submissions: of one visitor; pause: take
    websites off the air now, which the app's login may do.
    Raises ErasureError: "already" when the same is being erased, or a code of `hooks.REFUSALS`.
    """
    with transaction.atomic():
        locks.hold(f"erase:{subject_id}")  # two browsers at once: the second one sees the first one's request
        same = ErasureRequest.objects.filter(scope=scope.value, subject_id=subject_id, state__in=ErasureRequest.OPEN)
        if scope is not Scope.VISITOR and same.exists():
            raise ErasureError("already")
        if scope is Scope.USER and (refusal := hooks.refusal(subject_id)):
            raise ErasureError(refusal)
        request = ErasureRequest.objects.create(
            reference="W-" + "".join(secrets.choice(ALPHABET) for _ in range(7)),
            scope=scope.value,
            subject_id=subject_id,
            account_ref=account_id,
            requested_by=actor_id,
            chosen=[str(each) for each in submissions or []],
            requested_at=now,
            starts_at=now if at_once else now + COOLING_OFF,
            deadline=month_later(now),
        )
        if contact:
            sealed = vault.seal_note({"contact": contact}, purpose=engine.PURPOSE)
            ErasureSecret(request=request, sealed=sealed).save(force_insert=True)
        if pause and scope in (Scope.ACCOUNT, Scope.SITE):
            sites = None if scope is Scope.ACCOUNT else [subject_id]
            paused = [each for hook in hooks.PAUSE for each in hook(sites)]
            ErasureRequest.objects.filter(id=request.id).update(paused=paused)
        if contact and scope is not Scope.SUBSCRIBER:  # who sees the page with the link just now, and may get no mail
            _tell(request, contact)
        transaction.on_commit(nudge, robust=True)
    return request


def _tell(request: ErasureRequest, contact: dict[str, str]) -> None:
    """Mail the link to who asked, and tell the account's other members that it goes."""
    mail.send(
        to=contact["email"],
        template="mail/erasure_asked",
        context={
            "name": contact["name"],
            "reference": request.reference,
            "link": certificate.link(request),
            "scope": request.scope,
        },
        language=contact["language"],
        account_id=tenancy.PLATFORM_ACCOUNT,
    )
    if request.scope == Scope.ACCOUNT.value:
        _tell_others(request, begins=request.starts_at, but=Q(user__email=contact["email"]))


def _tell_others(request: ErasureRequest, *, begins: datetime, but: Q) -> None:
    """Tell the account's members that it goes, in its context. Args: but: who knows it already."""
    account = apps.get_model("accounts.Account")._default_manager.get(pk=request.subject_id)
    members = apps.get_model("accounts.Membership")._default_manager.filter(account_id=account.pk)
    with override(account.language):
        day = date_format(timezone.localtime(begins), "DATE_FORMAT")
    for name, email in members.exclude(but).values_list("user__name", "user__email"):
        mail.send(
            to=email,
            template="mail/erasure_notice",
            context={"name": name, "account": account.name, "day": day},
            language=account.language,
            account_id=tenancy.PLATFORM_ACCOUNT,
        )


def withdraw(*, request: ErasureRequest) -> None:
    """Take a request back in its seven days: websites come back online. Raises ErasureError afterwards."""
    with transaction.atomic():
        changed = ErasureRequest.objects.filter(id=request.id, state__in=["received", "cooling_off"]).update(
            state=ErasureRequest.State.WITHDRAWN
        )
        if not changed:
            raise ErasureError("too_late")
        if request.paused and request.account_ref:
            with tenancy.tenant(request.account_ref, user_id=tenancy.current_user_id()):
                for resume in hooks.RESUME:
                    resume(list(request.paused))
        _tell_withdrawn(request)


def _tell_withdrawn(request: ErasureRequest) -> None:
    """Mail who was told that the account goes that it stays; who asked too: the link may be in other hands."""
    if request.scope != Scope.ACCOUNT.value or request.account_ref is None:
        return
    with tenancy.tenant(request.account_ref, user_id=tenancy.current_user_id()):
        account = apps.get_model("accounts.Account")._default_manager.get(pk=request.account_ref)
        members = apps.get_model("accounts.Membership")._default_manager.filter(account_id=account.pk)
        for name, email in members.values_list("user__name", "user__email"):
            mail.send(
                to=email,
                template="mail/erasure_withdrawn",
                context={"name": name, "account": account.name, "reference": request.reference},
                language=account.language,
            )


def start_now(*, request: ErasureRequest, now: datetime) -> None:
    """Don't wait for the end of the seven days; who was told another day hears it. In the account's context, if any.

    Raises ErasureError when it has begun or was taken back.
    """
    with transaction.atomic():
        waiting = ErasureRequest.objects.filter(id=request.id, state__in=["received", "cooling_off"], starts_at__gt=now)
        if not waiting.update(starts_at=now):
            raise ErasureError("too_late")
        if request.scope == Scope.ACCOUNT.value:
            _tell_others(request, begins=now, but=Q(user_id=tenancy.current_user_id()))
        transaction.on_commit(nudge, robust=True)


def nudge(**_: Any) -> None:
    """Tell the eraser that there is work; a dead broker is no error: beat asks every few seconds."""
    current_app.send_task(ADVANCE, queue="erase", expires=30, retry=False, ignore_result=True)
