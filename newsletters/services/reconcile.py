"""The nightly comparison of the platform's whole list with the audience (promise 03).

Unsubscribes made there win; who isn't in the view is removed; who is missing is put on. A page that can't be read
changes nothing: the comparison waits and goes on from the same page. Far more strangers or missing people than can be
right (a wrong list, an emptied one) hold it until staff have looked.
"""

from __future__ import annotations

import logging
import time
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from newsletters.addresses import key_of
from newsletters.connectors import platform
from newsletters.connectors.base import CannotAnswer, Identity, MailingPlatform, Outcome, RemoteContact, Result
from newsletters.models import Contact, Drift, Reconcile, Suppression, SyncState
from newsletters.selectors import Entry, audience
from newsletters.services import customers, queue, sync
from newsletters.services.leases import digest_of
from webanizr.core import outbox, tenancy, vault
from webanizr.core.tasks import Later

log = logging.getLogger(__name__)

TASK = "newsletters.tasks.reconcile"
SEAL = "newsletter stranger"
SLICE_SECONDS = 90.0  # of one task; the rest goes on in the next
GIVE_UP = timedelta(hours=20)
FEW = 50  # strangers or missing people that are always believed
SHARE = 0.1  # of the list, beyond which staff look first
BATCH = 1000

State, There = SyncState.State, SyncState.There
Kind = Drift.Kind


def start(*, now: datetime) -> uuid.UUID | None:
    """Begin a comparison, unless one is running or no platform is configured; return its id."""
    if not settings.MAILING_PLATFORM:
        return None
    with transaction.atomic():
        provider = settings.MAILING_PLATFORM
        running = Reconcile.objects.filter(provider=provider, state=Reconcile.State.RUNNING)
        running.filter(started_at__lt=now - GIVE_UP).update(
            state=Reconcile.State.FAILED, error="took_too_long", finished_at=now
        )
        if running.exists():
            return None
        run = Reconcile.objects.create(provider=provider, started_at=now)
        outbox.add(TASK, account_id=tenancy.PLATFORM_ACCOUNT, run_id=run.id)
    return run.id


def go_on(run_id: uuid.UUID) -> None:
    """Compare page after page; raises Later when the platform can't answer now or the time of one task is up."""
    run = Reconcile.objects.filter(id=run_id, state__in=[Reconcile.State.RUNNING, Reconcile.State.HELD]).first()
    if run is None or (run.state == Reconcile.State.HELD and run.released_at is None):
        return
    system = platform()
    deadline = time.monotonic() + SLICE_SECONDS
    if not run.cursor and not run.listed:
        customers.adopt_all(now=timezone.now())
    while run.cursor != END:
        if time.monotonic() > deadline:
            raise Later(0)
        try:
            page = system.contacts(run.cursor)
        except CannotAnswer as error:
            _waits(run, error)
        with transaction.atomic():
            compare(run, list(page.contacts))
            run.cursor, run.error = page.cursor or END, ""
            run.listed += len(page.contacts)
            run.save(update_fields=["cursor", "listed", "error"])
    _find_missing(run)
    if run.released_at is None and _held(run):
        return
    _put_on(run)
    _send_away(system, run, deadline)
    with transaction.atomic():
        run.state, run.finished_at = Reconcile.State.DONE, timezone.now()
        run.save(update_fields=["state", "finished_at"])


END = "end"  # the cursor after the last page


def _waits(run: Reconcile, error: CannotAnswer) -> None:
    """Unknown changes nothing: note why, and wait."""
    with transaction.atomic():
        Reconcile.objects.filter(id=run.id).update(error=error.cause[:60])
    raise Later(error.after if error.after is not None else 300) from error


@dataclass
class _Ours:
    """What we know of the contacts of one page."""

    by_key: dict[bytes, Contact] = field(default_factory=dict)
    syncs: dict[uuid.UUID, SyncState] = field(default_factory=dict)
    entries: dict[uuid.UUID, Entry] = field(default_factory=dict)


def _ours(remotes: list[RemoteContact], provider: str) -> _Ours:
    keys = [key_of(each.email) for each in remotes]
    # people before their pushes, as everywhere: who unsubscribes meanwhile waits, and nobody waits for each other
    known = Contact.objects.select_for_update().filter(address_key__in=keys).order_by("id")
    ours = _Ours({bytes(each.address_key): each for each in known})
    ids = [each.id for each in ours.by_key.values()]
    ours.syncs = {
        each.contact_id: each
        for each in SyncState.objects.select_for_update().filter(provider=provider, contact_id__in=ids).order_by("id")
    }
    ours.entries = audience(ids)
    return ours


def compare(run: Reconcile, remotes: list[RemoteContact]) -> None:
    """Compare some of the platform's contacts with ours, within a transaction; what differs is noted and queued."""
    ours = _ours(remotes, run.provider)
    seen: list[uuid.UUID] = []
    strangers: list[RemoteContact] = []
    for remote in remotes:
        contact = ours.by_key.get(key_of(remote.email))
        if contact is None:
            strangers.append(remote)
            continue
        seen.append(contact.id)
        found = observe(contact, ours.syncs.get(contact.id), ours.entries.get(contact.id), remote)
        if found is not None:
            Drift.objects.get_or_create(run=run, kind=found, contact=contact)
    SyncState.objects.filter(provider=run.provider, contact_id__in=seen).update(seen_run=run.id)
    _note_strangers(run, strangers)


def _note_strangers(run: Reconcile, strangers: list[RemoteContact]) -> None:
    """Note who is on the platform and unknown here; the address is sealed until it is gone there."""
    keys = {each.provider_id: key_of(each.email) for each in strangers}
    erased = {
        bytes(key)
        for key in Suppression.objects.filter(
            address_key__in=list(keys.values()), reason=Suppression.Reason.ERASED
        ).values_list("address_key", flat=True)
    }
    ids = {each.provider_id: uuid.uuid5(run.id, each.provider_id) for each in strangers}  # a page may be read twice
    Drift.objects.bulk_create(
        (
            Drift(
                id=ids[each.provider_id],
                run=run,
                kind=Kind.REAPPEARED if keys[each.provider_id] in erased else Kind.STRANGER,
                sealed=vault.seal_note({"email": each.email, "provider_id": each.provider_id}, purpose=SEAL),
            )
            for each in strangers
        ),
        ignore_conflicts=True,
    )


def observe(contact: Contact, state: SyncState | None, entry: Entry | None, remote: RemoteContact) -> Drift.Kind | None:
    """Take in what the platform says of one contact; return how it differs. What must change is queued, not done here.

    Work that is under way (a lease, a newer wish) is left to it: only what we believed settled can have drifted.
    """
    now = timezone.now()
    if state is not None and (state.lease is not None and state.leased_until and state.leased_until > now):
        return None
    busy = state is not None and state.state in (State.PENDING, State.PENDING_ERASE)
    if remote.unsubscribed:
        ours = state is not None and state.resubscribe  # we did it, or the person has asked afresh since
        if entry is not None and not ours:
            sync.withdraw_there(contact.id, now=now)
            _again(contact, There.UNSUBSCRIBED, remote, now)
            return Kind.UNSUBSCRIBED
        if entry is None and state is not None and not busy and state.there != There.UNSUBSCRIBED:
            _again(contact, There.UNSUBSCRIBED, remote, now)
        return None
    if entry is None:
        if busy and state is not None and state.there != There.ABSENT:
            return None
        _again(contact, There.ACTIVE, remote, now)
        return Kind.NOT_ENTITLED
    language = remote.language or entry.language  # some platforms know "en" only
    same = (language[:2], tuple(sorted(remote.topics))) == (entry.language[:2], entry.topics)
    if same and state is not None and not busy:
        if (state.there, bytes(state.digest or b""), state.remote_id) != (
            There.ACTIVE,
            digest_of(entry),
            remote.provider_id,
        ):
            state.there, state.digest, state.remote_id = There.ACTIVE, digest_of(entry), remote.provider_id
            if state.state == State.NEEDS_FORM:  # the person went through the platform's own form
                state.state = State.IN_SYNC
            state.save(update_fields=["there", "digest", "remote_id", "state"])
        return None
    if busy:
        return None
    _again(contact, There.ACTIVE, remote, now)
    return Kind.DIFFERS


def _again(contact: Contact, there: SyncState.There, remote: RemoteContact, now: datetime) -> None:
    """Queue a push that starts from what is there now."""
    queue.raise_versions([contact.id], now=now)
    SyncState.objects.filter(provider=settings.MAILING_PLATFORM, contact_id=contact.id).update(
        there=there, digest=None, remote_id=remote.provider_id
    )


# In the audience, settled as "is there", and not on the list that was just read; or without a row at all.
MISSING = """
INSERT INTO newsletters_drift (id, run_id, kind, contact_id, found_at)
    SELECT gen_random_uuid(), %(run)s, 'missing', s.contact_id, now()
    FROM newsletters_syncstate s
    WHERE s.provider = %(provider)s AND s.there = 'active' AND s.state = 'in_sync' AND s.changed_at < %(started)s
      AND s.seen_run IS DISTINCT FROM %(run)s
      AND EXISTS (SELECT FROM newsletter_audience a WHERE a.contact_id = s.contact_id)
      AND NOT EXISTS (SELECT FROM newsletters_drift d
          WHERE d.run_id = %(run)s AND d.kind = 'missing' AND d.contact_id = s.contact_id)
"""
GONE = """
UPDATE newsletters_syncstate SET there = 'absent', digest = NULL, remote_id = ''
WHERE provider = %(provider)s AND there <> 'absent' AND state = 'in_sync' AND changed_at < %(started)s
  AND seen_run IS DISTINCT FROM %(run)s
"""
# The first synchronisation, and people who became entitled without anybody's act: in the view, without a row.
FILL = """
INSERT INTO newsletters_syncstate (id, contact_id, provider, state, there, desired, pushed, remote_id, resubscribe,
        attempts, due_at, error, changed_at)
    SELECT gen_random_uuid(), a.contact_id, %(provider)s, 'pending', 'absent', 1, 0, '', false, 0, now(), '', now()
    FROM (SELECT DISTINCT contact_id FROM newsletter_audience) a
    WHERE NOT EXISTS (SELECT FROM newsletters_syncstate s
        WHERE s.contact_id = a.contact_id AND s.provider = %(provider)s)
ON CONFLICT (contact_id, provider) DO NOTHING
"""
# Settled, but no longer what the view says: paid-until days and pauses that ended, or came, with the clock alone.
STALE = """
WITH wanted AS (SELECT DISTINCT contact_id FROM newsletter_audience)
UPDATE newsletters_syncstate s SET state = 'pending', desired = s.desired + 1, attempts = 0, due_at = now()
WHERE s.provider = %(provider)s AND s.state = 'in_sync'
  AND (s.there IN ('active', 'maybe')) <> EXISTS (SELECT FROM wanted w WHERE w.contact_id = s.contact_id)
  AND NOT (s.there = 'unsubscribed' AND NOT s.resubscribe)
"""


def _find_missing(run: Reconcile) -> None:
    values: dict[str, Any] = {"run": str(run.id), "provider": run.provider, "started": run.started_at}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(MISSING, values)


def _held(run: Reconcile) -> bool:
    """Whether this is more than can be right; then nothing more happens until staff say so."""
    active = SyncState.objects.filter(provider=run.provider, there=There.ACTIVE).count()
    strangers = Drift.objects.filter(run=run, kind=Kind.STRANGER, mended_at=None).count()
    missing = Drift.objects.filter(run=run, kind=Kind.MISSING, mended_at=None).count()
    held = strangers > max(FEW, SHARE * run.listed) or missing > max(FEW, SHARE * active)
    if held:
        log.error("reconcile %s is held: %s strangers, %s missing of %s", run.id, strangers, missing, run.listed)
        with transaction.atomic():
            Reconcile.objects.filter(id=run.id).update(state=Reconcile.State.HELD)
    return held


def _put_on(run: Reconcile) -> None:
    values: dict[str, Any] = {"run": str(run.id), "provider": run.provider, "started": run.started_at}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(GONE, values)
    fill(provider=run.provider)


def fill(*, provider: str) -> int:
    """Queue everybody whose place on the platform isn't what the view says; return how many."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(FILL, {"provider": provider})
        new = cursor.rowcount
        cursor.execute(STALE, {"provider": provider})
        return int(new + cursor.rowcount)


def _send_away(system: MailingPlatform, run: Reconcile, deadline: float) -> None:
    """Take strangers off, and erase again who re-appeared; raises Later when that must wait or time is up."""
    kinds = [Kind.STRANGER, Kind.REAPPEARED]
    while True:
        with transaction.atomic():
            left = list(Drift.objects.filter(run=run, kind__in=kinds, mended_at=None)[:BATCH])
        if not left:
            return
        for drift in left:
            if time.monotonic() > deadline:
                raise Later(0)
            outcome = _take_off(system, drift)
            if not outcome.ok:
                with transaction.atomic():
                    Reconcile.objects.filter(id=run.id).update(error=outcome.cause[:60])
                raise Later(outcome.after or 300)
            with transaction.atomic():
                Drift.objects.filter(id=drift.id).update(sealed=None, mended_at=timezone.now())


def _take_off(system: MailingPlatform, drift: Drift) -> Outcome:
    """Remove somebody whom only the platform knows; a person who was erased before is erased there for good."""
    content = vault.unseal_note(bytes(drift.sealed or b""), purpose=SEAL)
    identity = Identity(person_id=drift.id, emails=(content["email"],), provider_ids=(content["provider_id"],))
    if drift.kind == Kind.STRANGER:
        return system.remove(identity)
    outcome = Outcome(Result.ALREADY_ABSENT)
    try:
        for locator in system.locate(identity):
            outcome = system.erase(locator)
            if not outcome.ok:
                return outcome
    except CannotAnswer as error:
        return Outcome(Result.RETRY, after=error.after or 0.0, cause=error.cause)
    return outcome


def resume_released() -> None:
    """Let held comparisons go on that staff have released."""
    with transaction.atomic():
        for run in Reconcile.objects.filter(Q(state=Reconcile.State.HELD) & Q(released_at__isnull=False)):
            Reconcile.objects.filter(id=run.id).update(state=Reconcile.State.RUNNING)
            outbox.add(TASK, account_id=tenancy.PLATFORM_ACCOUNT, run_id=run.id)
