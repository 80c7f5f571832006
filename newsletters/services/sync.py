"""Bringing the mailing platform in step with the audience: one contact, or all that is due (promises 03 and 07).

Each contact has a wanted version and a pushed one. A push leases the row, asks the audience view at that very moment,
commits, talks to the platform outside any transaction and notes what came of it. Who dies in between leaves a lease
that runs out and `there = maybe`: the next push does it again, which is the same as once. What changed meanwhile
raised the version, so an older answer never counts as the newest.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Mapping
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from newsletters.connectors import platform
from newsletters.connectors.base import MailingPlatform, Outcome, Result
from newsletters.models import Consent, Contact, Topic
from newsletters.selectors import Entry, last_said
from newsletters.services import ledger, removal
from newsletters.services.leases import (
    LEASE_SECONDS,
    PAUSE_SECONDS,
    Asked,
    Leased,
    State,
    There,
    arrived,
    failed,
    finish,
    give_back,
    lease,
)
from newsletters.wording import PLATFORM
from webanizr.core import mail, tenancy

log = logging.getLogger(__name__)

CHUNK = 50  # rows leased at once where the platform takes one contact a call
DRAIN_SECONDS = 50.0
FAILURES = 3  # answers that failed in a row, after which the platform gets a pause


class Rest(Exception):
    """The platform wants a pause of `seconds`, or can't be used just now."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"{seconds:.0f} s")
        self.seconds = seconds


def push(contact_id: uuid.UUID) -> None:
    """Bring one contact in step; what can't be done now stays due."""
    system = platform()
    try:
        _work(system, lease(limit=1, contact_id=contact_id))
    except Rest as rest:
        log.info("%s rests for %.0f s", system.key, rest.seconds)


def drain(*, seconds: float = DRAIN_SECONDS) -> int:
    """Bring in step whatever is due, until nothing is, the platform wants a pause, or time is up; return how many.

    Memory is bounded: one batch of the platform's size at a time.
    """
    if not settings.MAILING_PLATFORM:
        return 0
    system = platform()
    size = system.capabilities.batch_size if system.capabilities.batch_size > 1 else CHUNK
    deadline, done = time.monotonic() + seconds, 0
    try:
        while time.monotonic() < deadline and (rows := lease(limit=size)):
            _work(system, rows)
            done += len(rows)
    except Rest as rest:
        log.info("%s rests for %.0f s", system.key, rest.seconds)
    return done


def _work(system: MailingPlatform, rows: list[tuple[Leased, Entry | None]]) -> None:
    """Do what each leased row asks; raises Rest, after giving back what wasn't begun."""
    asked, patience = Asked(system), _Patience()
    waiting = {row.id: row for row, _ in rows}
    pushed: list[tuple[Leased, Entry, str]] = []
    size = max(1, system.capabilities.batch_size)
    try:
        upserts: list[tuple[Leased, Entry]] = []
        for row, entry in rows:
            patience.look_at_the_clock()
            if row.state == State.PENDING_ERASE:
                patience.heard(removal.erase_there(asked, row))
            elif entry is None:
                patience.heard(removal.remove(asked, row))
            elif row.there == There.ACTIVE and row.says(entry) and not row.resubscribe:
                finish(row, State.IN_SYNC, there=There.ACTIVE)
            else:
                upserts.append((row, entry))
                continue
            del waiting[row.id]
        for start in range(0, len(upserts), size):
            patience.look_at_the_clock()
            batch = upserts[start : start + size]
            outcomes, settled = _upsert(system, batch), []
            for row, entry in batch:
                outcome = outcomes.get(row.contact_id, Outcome(Result.RETRY, cause="no_outcome"))
                del waiting[row.id]
                if outcome.result in (Result.DONE, Result.ACCEPTED) and not outcome.unsubscribed:
                    pushed.append((row, entry, outcome.provider_id))
                    settled.append(outcome)
                else:
                    settled.append(_settle(asked, row, outcome))
            for outcome in settled:
                patience.heard(outcome)
    except Rest as rest:
        give_back(waiting.values(), seconds=rest.seconds)
        raise
    finally:
        arrived(pushed)


class _Patience:
    """Counts failures: a platform that is away or refuses everything isn't asked again for every contact."""

    failures = 0

    def __init__(self) -> None:
        self.until = time.monotonic() + LEASE_SECONDS / 2  # a call may take a minute: the lease must outlast it

    def look_at_the_clock(self) -> None:
        """Raise Rest when the rest of the batch had better be leased anew."""
        if time.monotonic() > self.until:
            raise Rest(0)

    def heard(self, outcome: Outcome) -> None:
        """Raise Rest when the platform said for how long, or failed too often in a row."""
        if outcome.result is Result.RETRY:
            self.failures += 1
            if outcome.after or self.failures >= FAILURES:
                raise Rest(outcome.after or PAUSE_SECONDS)
        else:
            self.failures = 0


def _upsert(system: MailingPlatform, batch: list[tuple[Leased, Entry]]) -> Mapping[uuid.UUID, Outcome]:
    """Put a batch on the platform; return the outcome by contact."""
    if len(batch) == 1:
        row, entry = batch[0]
        return {row.contact_id: system.upsert(row.payload(entry))}
    return system.upsert_many([row.payload(entry) for row, entry in batch])


def _settle(asked: Asked, row: Leased, outcome: Outcome) -> Outcome:
    """Note an upsert that didn't simply succeed; return the outcome that counts for the platform's patience."""
    if outcome.unsubscribed and outcome.ok:
        withdraw_there(row.contact_id, now=timezone.now())
        finish(row, State.PENDING, there=There.UNSUBSCRIBED, remote_id=outcome.provider_id)  # to be taken off
        return outcome
    if outcome.result is Result.FORGOTTEN_LOCK:
        finish(row, State.NEEDS_FORM, there=There.ABSENT)
        _ask_for_the_form(row.contact_id)
        return outcome
    return failed(asked, row, outcome)


def _ask_for_the_form(contact_id: uuid.UUID) -> None:
    """Tell somebody who was erased there for good, and subscribed again, that only the platform's own form helps."""
    if not settings.MAILING_FORM_URL:
        return
    with transaction.atomic():
        contact = Contact.objects.get(id=contact_id)
        mail.send(
            to=contact.address,
            template="mail/newsletter_form",
            context={"link": settings.MAILING_FORM_URL},
            language=contact.language,
            account_id=tenancy.PLATFORM_ACCOUNT,
        )


def withdraw_there(contact_id: uuid.UUID, *, now: datetime) -> bool:
    """Note that the person unsubscribed at the platform: that wins here too. Return whether it was news."""
    with transaction.atomic():
        contact = Contact.objects.select_for_update().filter(id=contact_id).first()
        if contact is None:
            return False
        said = last_said(contact_id)
        news = [
            topic
            for topic in Topic.objects.all()
            if topic.key not in said or said[topic.key].action != Consent.Action.WITHDRAWN
        ]
        for topic in news:
            before = said.get(topic.key)
            ledger.write(
                contact,
                [topic],
                action=Consent.Action.WITHDRAWN,
                basis=Consent.Basis(before.basis) if before else Consent.Basis.CUSTOMER,
                wording=PLATFORM,
                source="platform",
                now=now,
            )
        return bool(news)
