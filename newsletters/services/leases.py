"""Leases on sync rows: one contact is worked on by one process; who dies leaves a lease that runs out."""

from __future__ import annotations

import functools
import hashlib
import json
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from newsletters.connectors.base import Contact as Payload
from newsletters.connectors.base import Identity, MailingPlatform, Outcome, Result
from newsletters.models import Drift, SyncState
from newsletters.selectors import Entry, audience
from newsletters.services import queue
from webanizr.core import outbox, tenancy
from webanizr.core.tasks import backoff

LEASE_SECONDS = 300  # longer than the slowest batch
PAUSE_SECONDS = 60.0  # for a platform that refuses everything, or fails again and again

KEEP = b"kept"  # the default of finish(digest=)

State, There = SyncState.State, SyncState.There

LEASE = """
UPDATE newsletters_syncstate s
SET lease = gen_random_uuid(), leased_until = %(now)s + make_interval(secs => %(seconds)s), attempts = s.attempts + 1
FROM (
    SELECT id FROM newsletters_syncstate
    WHERE provider = %(provider)s AND state IN ('pending', 'pending_erase') AND due_at <= %(now)s
      AND (leased_until IS NULL OR leased_until < %(now)s)
      AND (%(contact)s::uuid IS NULL OR contact_id = %(contact)s::uuid)
    ORDER BY due_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED
) due, newsletters_contact c
WHERE s.id = due.id AND c.id = s.contact_id
RETURNING s.id, s.contact_id, s.state, s.there, s.desired, s.digest, s.remote_id, s.resubscribe, s.attempts, s.lease,
    c.address, c.user_id
"""


@dataclass(frozen=True)
class Leased:
    """A sync row that this process alone works on, with what it needs of the contact."""

    id: uuid.UUID
    contact_id: uuid.UUID
    state: str
    there: str
    version: int
    digest: memoryview | None
    remote_id: str
    resubscribe: bool
    attempts: int
    lease: uuid.UUID
    address: str
    user_id: uuid.UUID | None

    def says(self, entry: Entry) -> bool:
        """Whether this is what the platform was told last; psycopg2 gives memoryviews that never equal bytes."""
        return self.digest is not None and bytes(self.digest) == digest_of(entry)

    @property
    def person_id(self) -> uuid.UUID:
        """Return whose list of transfers shows it."""
        return self.user_id or self.contact_id

    @property
    def identity(self) -> Identity:
        """Return how the platform may know the contact."""
        ids = (self.remote_id,) if self.remote_id else ()
        return Identity(person_id=self.person_id, contact_id=self.contact_id, emails=(self.address,), provider_ids=ids)

    def payload(self, entry: Entry) -> Payload:
        """Return what the platform is told."""
        return Payload(
            id=self.contact_id,
            person_id=self.person_id,
            email=entry.address,
            language=entry.language,
            topics=entry.topics,
            resubscribe=self.resubscribe,
            provider_id=self.remote_id,
        )


def digest_of(entry: Entry) -> bytes:
    """Return the hash of all that the platform is told of somebody."""
    return hashlib.sha256(json.dumps([entry.address, entry.language, *entry.topics]).encode()).digest()


def lease(*, limit: int, contact_id: uuid.UUID | None = None) -> list[tuple[Leased, Entry | None]]:
    """Lease due rows, and ask the audience about them in the same transaction."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                LEASE,
                {
                    "now": timezone.now(),
                    "seconds": LEASE_SECONDS,
                    "provider": settings.MAILING_PLATFORM,
                    "contact": str(contact_id) if contact_id else None,
                    "limit": limit,
                },
            )
            rows = [Leased(*row) for row in cursor.fetchall()]  # in the order of RETURNING
        entries = audience([row.contact_id for row in rows])
        # before anything is sent: who dies after this can't believe that nothing is there
        going = [row.id for row in rows if row.contact_id in entries and row.there == There.ABSENT]
        if going:
            SyncState.objects.filter(id__in=going).update(there=There.MAYBE)
    return [(row, entries.get(row.contact_id)) for row in rows]


def finish(
    row: Leased,
    state: SyncState.State,
    *,
    there: SyncState.There | None = None,
    remote_id: str = "",
    digest: bytes | None = KEEP,
    sent: bool = False,
    error: str = "",
    seconds: float = 0.0,
) -> None:
    """Write down how a push ended, unless the row has another lease by now; a newer wish stays due.

    Args: digest: None forgets it; sent: something was changed there, which mends drift; seconds: until
    the next try, for pending states.
    """
    now = timezone.now()
    with transaction.atomic():
        sync = SyncState.objects.select_for_update().filter(id=row.id, lease=row.lease).first()
        if sync is None:
            return
        sync.lease = sync.leased_until = None
        sync.error, sync.changed_at = error[:60], now
        if there is not None:
            sync.there = there
        if remote_id:
            sync.remote_id = remote_id
        elif there == There.ABSENT:
            sync.remote_id = ""
        if digest is not KEEP:
            sync.digest = digest
        waiting = state in (State.PENDING, State.PENDING_ERASE)
        newer = sync.desired > row.version
        if not waiting:
            sync.pushed, sync.attempts = row.version, 0
            sync.resubscribe = newer and sync.resubscribe
        erasing = sync.state == State.PENDING_ERASE  # asked for while this push was under way
        if erasing and state != State.ERASED:
            state = State.PENDING_ERASE
        elif newer and state not in (State.ERASED, State.PENDING_ERASE):
            state = State.PENDING
        sync.state = state
        sync.due_at = now + timedelta(seconds=seconds if waiting else 0)
        sync.save()
        if sent:
            Drift.objects.filter(contact_id=row.contact_id, mended_at=None).update(mended_at=now)
        if (newer or (erasing and row.state != State.PENDING_ERASE)) and not waiting:
            outbox.add(queue.PUSH, account_id=tenancy.PLATFORM_ACCOUNT, contact_id=row.contact_id)


ARRIVED = """
UPDATE newsletters_syncstate s
SET lease = NULL, leased_until = NULL, error = '', changed_at = %(now)s, due_at = %(now)s, attempts = 0,
    there = 'active', digest = v.digest, pushed = v.version,
    remote_id = CASE WHEN v.remote_id <> '' THEN v.remote_id ELSE s.remote_id END,
    resubscribe = s.desired > v.version AND s.resubscribe,
    state = CASE WHEN s.state = 'pending_erase' THEN s.state
        WHEN s.desired > v.version THEN 'pending' ELSE 'in_sync' END
FROM unnest(%(ids)s::uuid[], %(leases)s::uuid[], %(versions)s::integer[], %(digests)s::bytea[], %(remotes)s::text[])
    AS v (id, lease, version, digest, remote_id)
WHERE s.id = v.id AND s.lease = v.lease
RETURNING s.contact_id, s.state <> 'in_sync'
"""


def arrived(pushed: Collection[tuple[Leased, Entry, str]]) -> None:
    """Do for many what `finish` does for one that is on the platform as wished: one statement, one commit.

    Args: pushed: each row with what was sent and the platform's number of it ("" when it didn't say).
    """
    if not pushed:
        return
    now = timezone.now()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                ARRIVED,
                {
                    "now": now,
                    "ids": [str(row.id) for row, _, _ in pushed],
                    "leases": [str(row.lease) for row, _, _ in pushed],
                    "versions": [row.version for row, _, _ in pushed],
                    "digests": [digest_of(entry) for _, entry, _ in pushed],
                    "remotes": [remote_id for _, _, remote_id in pushed],
                },
            )
            found = cursor.fetchall()
        contacts = [contact_id for contact_id, _more in found]
        Drift.objects.filter(contact_id__in=contacts, mended_at=None).update(mended_at=now)
        for contact_id in (contact_id for contact_id, more in found if more):
            outbox.add(queue.PUSH, account_id=tenancy.PLATFORM_ACCOUNT, contact_id=contact_id)


def give_back(rows: Collection[Leased], *, seconds: float) -> None:
    """Let go of rows that weren't begun: due again after `seconds`, and not counted as an attempt."""
    for row in rows:
        with transaction.atomic():
            SyncState.objects.filter(id=row.id, lease=row.lease).update(
                lease=None,
                leased_until=None,
                attempts=max(0, row.attempts - 1),
                due_at=timezone.now() + timedelta(seconds=seconds),
            )


class Asked:
    """A platform for as long as one batch of work lasts; whether it is usable at all is asked once."""

    def __init__(self, system: MailingPlatform) -> None:
        self.system = system

    @functools.cached_property
    def usable(self) -> bool:
        """Whether it answers as it should."""
        return self.system.health().ok


def failed(asked: Asked, row: Leased, outcome: Outcome) -> Outcome:
    """Note a failure: to be tried again, or given up where the platform refuses this very contact.

    Return the outcome that counts: a refusal of everything (a wrong key) is a reason to rest, not to give up.
    """
    if outcome.result is Result.BLOCKED and asked.usable:
        if row.state == State.PENDING_ERASE:  # never given up: staff see that it stands still
            finish(row, State.PENDING_ERASE, error=outcome.cause or "blocked", seconds=3600)
        else:
            finish(row, State.ERROR, error=outcome.cause or "blocked")
        return outcome
    rest = outcome.after or (PAUSE_SECONDS if outcome.result is Result.BLOCKED else 0.0)
    state = State.PENDING_ERASE if row.state == State.PENDING_ERASE else State.PENDING
    finish(row, state, error=outcome.cause or outcome.result.value, seconds=rest or backoff(row.attempts))
    return Outcome(Result.RETRY, after=rest, cause=outcome.cause)
