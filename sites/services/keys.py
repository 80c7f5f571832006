"""Keys of sites: made with the site, replaced, and the way back to them for what is stored (promises 10 and 16).

The order is always the same: the private half is in the key store, durable, before the row with the public half is
committed. A crash in between leaves a key that opens nothing; never a row that nobody can open.
"""

from __future__ import annotations

import json
import uuid
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Exists, OuterRef
from django.utils import timezone

from accounts.models import User
from accounts.services import audit
from sites.models import IntakeKey, Site, SiteKey, Submission, Upload
from sites.selectors.sealed import open_key
from webanizr.core import locks, outbox, tenancy, vault

REWRAP_TASK = "sites.tasks.rewrap"
# Hosting processes seal to the pair they read; what they seal to a retired one is committed long before this.
GRACE = timedelta(hours=1)


class TooSoon(ValueError):
    """The pair was replaced a moment ago: what is sealed to the one before it is still on its way."""


BATCH = 500


def make_account_key(account_id: uuid.UUID) -> None:
    """Give an account its own key unless it has one; inside a transaction. Raises vault.Unavailable."""
    locks.hold(f"keys:{account_id}")
    vault.make_account_key(account_id)


def make_site_key(*, site: Site) -> SiteKey:
    """Give a site its first key pair, and its account the account's key, unless they are there; return the current one.

    Raises vault.Unavailable when the key service doesn't answer: then there is no site either.
    """
    locks.hold(f"keys:{site.account_id}")
    current = SiteKey.objects.filter(site=site, retired_at=None).first()
    if current is not None:
        return current
    vault.make_account_key(site.account_id)
    return _new_pair(site)


def _new_pair(site: Site) -> SiteKey:
    pair = vault.make_pair(site.account_id)
    return SiteKey.objects.create(id=pair.id, site=site, public_key=pair.public)


def rotate_site_key(*, site: Site, actor: User | None, now: datetime | None = None) -> SiteKey:
    """Give a site a new key pair; return it. What was sealed to the old one is sealed to the new one by the worker.

    An hour later the old private half is destroyed (`destroy_retired`). Raises TooSoon for a person who was here less
    than an hour ago.
    """
    locks.hold(f"keys:{site.account_id}")
    recent = SiteKey.objects.filter(site=site, retired_at__gt=(now or timezone.now()) - GRACE)
    if actor is not None and recent.exists():
        raise TooSoon
    SiteKey.objects.filter(site=site, retired_at=None).update(retired_at=now or timezone.now())
    made = _new_pair(site)
    outbox.add(REWRAP_TASK, site_id=site.id)
    audit.record("site.key_rotated", actor_id=actor.pk if actor else None, target_id=site.id)
    return made


def rewrap(*, site_id: uuid.UUID) -> int:
    """Seal a site's intake keys to its current pair; return how many. Idempotent. Raises vault.VaultError.

    Answers themselves aren't touched: an intake key stays the same, only who may open it changes.
    """
    account_id = tenancy.current_account_id()
    locks.hold(f"keys:{account_id}")
    current = SiteKey.objects.get(site_id=site_id, retired_at=None)
    pair = vault.Pair(current.id, bytes(current.public_key))
    count = 0
    for row in IntakeKey.objects.filter(site_id=site_id).exclude(pair=current).iterator(chunk_size=BATCH):
        row.sealed = vault.seal_intake_key(open_key(row), account_id=account_id, site_id=site_id, pair=pair)
        row.pair = current
        row.save(update_fields=["sealed", "pair"])
        count += 1
    return count


def destroy_retired(*, site_id: uuid.UUID, now: datetime | None = None) -> timedelta | None:
    """Destroy the private halves of a site's retired pairs that nothing needs any more; in a transaction of its own.

    Returns how long to wait for those that were retired a moment ago, None when none is left. `rewrap` must have been
    committed: a key that is destroyed doesn't come back when a transaction is rolled back.
    """
    moment = now or timezone.now()
    wait: timedelta | None = None
    for old in SiteKey.objects.filter(site_id=site_id, retired_at__isnull=False):
        assert old.retired_at is not None
        left = old.retired_at + GRACE - moment
        if left > timedelta(0) or IntakeKey.objects.filter(pair=old).exists():
            wait = max(left, wait or left, timedelta(minutes=1))
            continue
        account_id, pair_id = old.account_id, old.id
        old.delete()  # which empties its id
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # the database agrees that no intake key needs it
        vault.destroy_pair(account_id, pair_id)
    return wait


def delete_unused(*, now: datetime) -> int:
    """Delete a batch of intake keys whose messages are gone; return how many there were.

    They say nothing and open nothing any more. A day's margin: a hosting process uses one for minutes.
    """
    used = Submission.objects.filter(intake_key=OuterRef("pk"))
    files = Upload.objects.filter(intake_key=OuterRef("pk"))
    old = IntakeKey.objects.filter(~Exists(used), ~Exists(files), created_at__lt=now - timedelta(days=1))
    ids = list(old.values_list("id", flat=True)[:BATCH])
    IntakeKey.objects.filter(id__in=ids).delete()
    return len(ids)


# --- what was stored before answers were sealed


def make_missing_keys() -> int:
    """Give every site of the current account that has none its key pair; return how many there were."""
    without = Site.objects.exclude(id__in=SiteKey.objects.filter(retired_at=None).values("site_id"))
    return len([make_site_key(site=site) for site in without])


def seal_plain_rows() -> int:
    """Seal a batch of the current account's submissions that are stored in the open; return how many there were."""
    rows = list(Submission.objects.filter(intake_key=None).order_by("site_id")[:BATCH])
    keys: dict[uuid.UUID, tuple[IntakeKey, vault.IntakeKey]] = {}
    for row in rows:
        if row.site_id not in keys:
            keys[row.site_id] = _new_intake_key(row.site_id)
        stored, key = keys[row.site_id]
        content = bytes(row.content)
        assert content[:1] == vault.PLAIN
        row.content = vault.seal(
            json.loads(content[1:]),
            key=key,
            account_id=row.account_id,
            site_id=row.site_id,
            form_id=row.form_id,
            submission_id=row.id,
        )
        row.intake_key = stored
        row.save(update_fields=["content", "intake_key"])
    return len(rows)


def _new_intake_key(site_id: uuid.UUID) -> tuple[IntakeKey, vault.IntakeKey]:
    current = SiteKey.objects.get(site_id=site_id, retired_at=None)
    pair = vault.Pair(current.id, bytes(current.public_key))
    key, sealed = vault.new_intake_key(account_id=current.account_id, site_id=site_id, pair=pair)
    return IntakeKey.objects.create(id=key.id, site_id=site_id, pair=current, sealed=sealed), key
