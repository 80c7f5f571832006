"""What left Webanizr about a person, in words that a person reads (promise 06)."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.core.paginator import Page, Paginator

from webanizr.core.models import Transfer
from webanizr.core.processors import REGISTRY, Processor, Text

PER_PAGE = 25


@dataclass(frozen=True)
class Shared:
    """One line of the list. Args: times: how often that day, for what is added up by the day."""

    at: datetime
    until: datetime
    to: str
    fields: list[Text]
    why: Text
    times: int


def line(row: Transfer) -> Shared:
    """Return a stored transfer in words; a processor that is no longer declared keeps its key."""
    processor = REGISTRY.get(row.processor)
    return Shared(
        at=row.at,
        until=row.last_at,
        to=processor.name if processor else row.processor,
        fields=processor.labels(row.fields) if processor else list(row.fields),
        why=processor.purposes.get(row.purpose, row.purpose) if processor else row.purpose,
        times=row.times,
    )


def shared_with(person_id: uuid.UUID, *, page: int) -> tuple[Page[Transfer], list[Shared]]:
    """Return one page of what left about the person, the newest first: the page itself, and its lines."""
    rows = Transfer.objects.filter(person_id=person_id, sent=True).order_by("-at", "id")
    found = Paginator(rows, PER_PAGE).get_page(page)
    return found, [line(row) for row in found]


def receivers() -> list[Processor]:
    """Return the processors that are switched on now."""
    return [each for each in REGISTRY.values() if each.enabled]
