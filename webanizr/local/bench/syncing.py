"""`python -m webanizr.local.bench.syncing COUNT`: the first synchronisation and a comparison, as the service `worker`.

Prints one line of JSON for each: seconds, and how much the process grew (its highest resident set over that at the
start, in MB). The platform is what MAILING_* names.
"""

from __future__ import annotations

import json
import sys
import time

import django

django.setup()

from django.conf import settings  # noqa: E402  # after setup
from django.db import transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from newsletters.addresses import key_of  # noqa: E402
from newsletters.models import Consent, Contact, Drift, Reconcile, SyncState  # noqa: E402
from newsletters.services import reconcile, sync  # noqa: E402
from webanizr.core.tasks import Later  # noqa: E402
from webanizr.local.bench.memory import measured  # noqa: E402

BATCH = 2000


def make(count: int) -> None:
    """Store that many people who confirmed."""
    now = timezone.now()
    words = {"action": "confirmed", "basis": "consent", "wording": "x", "wording_version": "x", "language": "nl"}
    for start in range(0, count, BATCH):
        with transaction.atomic():
            people = [
                Contact(address=address, address_key=key_of(address), verified_at=now)
                for address in (f"vera{number}@example.nl" for number in range(start, min(count, start + BATCH)))
            ]
            Contact.objects.bulk_create(people)
            Consent.objects.bulk_create(
                Consent(contact=person, topic_id="tips", source="page", at=now, **words) for person in people
            )


def first() -> dict[str, int]:
    """Put everybody on."""
    reconcile.fill(provider=settings.MAILING_PLATFORM)
    while SyncState.objects.filter(state="pending").exists():
        sync.drain(seconds=3600)
    return {"done": SyncState.objects.filter(state="in_sync", there="active").count()}


def compare() -> dict[str, int]:
    """Compare the whole list."""
    run_id = reconcile.start(now=timezone.now())
    assert run_id is not None
    while Reconcile.objects.filter(id=run_id, state="running").exists():
        try:
            reconcile.go_on(run_id)
        except Later as later:
            time.sleep(later.seconds)
    return {"listed": Reconcile.objects.get(id=run_id).listed, "drift": Drift.objects.filter(run_id=run_id).count()}


def main() -> None:
    """Make people, push them, compare."""
    count = int(sys.argv[1])
    make(count)
    sync.drain(seconds=0)  # connections, caches and code are there before anything is measured
    print(json.dumps(measured(first)), flush=True)
    print(json.dumps(measured(compare)), flush=True)


if __name__ == "__main__":
    main()
