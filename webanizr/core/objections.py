"""Saying no to a processor that isn't needed (article 21 GDPR): `webanizr.core.net` then sends it nothing more."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from webanizr.core.models import Objection


def object_to(*, person_id: uuid.UUID, processor: str) -> None:
    """Store the person's no; saying it twice is the same."""
    Objection.objects.bulk_create([Objection(person_id=person_id, processor=processor)], ignore_conflicts=True)


def allow(*, person_id: uuid.UUID, processor: str) -> None:
    """Take the no back."""
    Objection.objects.filter(person_id=person_id, processor=processor).delete()


def among(processor: str, people: Sequence[uuid.UUID]) -> set[uuid.UUID]:
    """Return who of `people` said no."""
    found = Objection.objects.filter(person_id__in=people, processor=processor)
    return set(found.values_list("person_id", flat=True))
