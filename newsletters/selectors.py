"""Reads of the newsletter. `audience` asks the one view; nothing else decides who gets a newsletter (promise 03)."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Count

from newsletters.models import Consent, Contact, Drift, Reconcile, Suppression, SyncState, Topic

DECISIVE = (Consent.Action.CONFIRMED, Consent.Action.WITHDRAWN, Consent.Action.RESUMED)


@dataclass
class Entry:
    """Somebody who gets a newsletter: which topics, and on what basis each (consent or customer)."""

    contact_id: uuid.UUID
    address: str
    language: str
    bases: dict[str, str] = field(default_factory=dict)

    @property
    def topics(self) -> tuple[str, ...]:
        """Return the topics' keys, sorted."""
        return tuple(sorted(self.bases))


def audience(contact_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Entry]:
    """Return who of these contacts gets a newsletter now; who isn't in it gets none."""
    found: dict[uuid.UUID, Entry] = {}
    if not contact_ids:
        return found
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT contact_id, address, language, topic, basis FROM newsletter_audience"
            " WHERE contact_id = ANY(%s::uuid[])",
            [[str(each) for each in contact_ids]],
        )
        for contact_id, address, language, topic, basis in cursor.fetchall():
            found.setdefault(contact_id, Entry(contact_id, address, language)).bases[topic] = basis
    return found


def is_customer(address: str) -> bool:
    """Whether this is the confirmed address of an owner of an account that is an active, paying customer."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT newsletter_customer(%s)", [address])
        return bool(cursor.fetchone()[0])


def last_said(contact_id: uuid.UUID) -> dict[str, Consent]:
    """Return by topic the ledger's line that counts; a topic about which nothing was said is absent."""
    lines = Consent.objects.filter(contact_id=contact_id, action__in=DECISIVE).order_by("topic_id", "-id")
    return {line.topic_id: line for line in lines.distinct("topic_id")}


@dataclass(frozen=True)
class TopicState:
    """One topic as its reader sees it: on or off."""

    topic: Topic
    on: bool


@dataclass(frozen=True)
class Standing:
    """What a contact may see of itself: all pages that show a person's newsletter are made from it."""

    contact: Contact | None
    topics: list[TopicState]
    customer: bool
    suppressed: str  # "" or a reason
    since: datetime | None
    needs_form: bool = False  # erased at the platform before: only its own form brings the person back

    @property
    def any(self) -> bool:
        """Whether any topic is on."""
        return any(each.on for each in self.topics)


def standing(contact: Contact | None, *, address: str) -> Standing:
    """Return how somebody stands. Runs within the contact's scope (or without a contact: nothing is known yet).

    A topic is "on" when the view's rule says so, whether or not there is a pause.
    """
    customer = is_customer(address)
    topics = list(Topic.objects.all())
    if contact is None:
        return Standing(None, [TopicState(topic, customer) for topic in topics], customer, "", None)
    suppressed = Suppression.objects.filter(address_key=contact.address_key).values_list("reason", flat=True).first()
    with connection.cursor() as cursor:
        cursor.execute("SELECT topic FROM newsletter_entitled WHERE contact_id = %s::uuid", [str(contact.id)])
        on = {topic for (topic,) in cursor.fetchall()}
    first = Consent.objects.filter(contact_id=contact.id, action=Consent.Action.CONFIRMED).order_by("id").first()
    states = [TopicState(topic, topic.key in on) for topic in topics]
    needs_form = SyncState.objects.filter(contact_id=contact.id, state=SyncState.State.NEEDS_FORM).exists()
    return Standing(contact, states, customer, suppressed or "", first.at if first else None, needs_form)


# --- numbers for staff, whose login may read no address


def _figures(function: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {function}()")  # noqa: S608  # one of our own two names
        return list(cursor.fetchall())


def audience_figures() -> list[tuple[Any, ...]]:
    """Return (topic, basis, number of people) from the audience view."""
    return _figures("newsletter_audience_figures")


def suppression_figures() -> list[tuple[Any, ...]]:
    """Return (reason, number of addresses)."""
    return _figures("newsletter_suppression_figures")


def sync_figures(*, now: datetime) -> dict[str, Any]:
    """Return how the platform keeps step: states, errors, what is late, and the last comparisons with their drift."""
    rows = SyncState.objects.all()
    late = rows.filter(state__in=[SyncState.State.PENDING, SyncState.State.PENDING_ERASE])
    runs = list(Reconcile.objects.order_by("-started_at")[:7])
    drifts: dict[Any, dict[str, list[int]]] = {run.id: {} for run in runs}
    found = (
        Drift.objects.filter(run__in=runs).values_list("run", "kind").annotate(n=Count("id"), mended=Count("mended_at"))
    )
    for run, kind, n, mended in found:
        drifts[run][kind] = [n, mended]
    return {
        "states": list(rows.values_list("provider", "state").annotate(n=Count("id")).order_by("provider", "state")),
        "errors": list(
            rows.exclude(error="").values_list("state", "error").annotate(n=Count("id")).order_by("-n")[:20]
        ),
        "late": late.filter(changed_at__lt=now - timedelta(minutes=30)).count(),
        "late_erasures": late.filter(
            state=SyncState.State.PENDING_ERASE, changed_at__lt=now - timedelta(hours=24)
        ).count(),
        "runs": [(run, sorted(drifts[run.id].items())) for run in runs],
        "held": any(run.state == Reconcile.State.HELD and run.released_at is None for run in runs),
        "given_up": rows.filter(state=SyncState.State.ERROR).count(),
    }
