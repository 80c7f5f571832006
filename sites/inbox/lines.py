"""The inbox's lines, worked out before the template: fifty times a filter, a link and a sentence would be felt."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from sites.selectors.inbox import Message

SAMPLE = uuid.UUID(int=0)


@dataclass(frozen=True, slots=True)
class Line:
    """What one line shows. `form` is empty where the text isn't the sender's."""

    id: uuid.UUID
    url: str
    unread: bool
    name: str
    form: str
    text: str
    choose: str
    moment: str
    day: str


def lines(messages: Iterable[Message]) -> list[Line]:
    """Return a line for each message."""
    address = reverse("inbox:show", args=[SAMPLE])
    unreadable, closed = _("Unreadable message"), _("Closed message")
    damaged = _("The stored answers can't be opened. Ask us for help; the message itself is still there.")
    away = _("This message can't be opened just now. Nothing is lost: try again in a minute.")
    choose = _("Choose the message of %(name)s")
    days: dict[date, str] = {}
    found = []
    for message in messages:
        row = message.row
        moment = timezone.localtime(row.received_at)
        day = moment.date()
        if day not in days:
            days[day] = formats.date_format(day, "j b")
        name = unreadable if message.damaged else closed if message.away else message.sender
        plain = not (message.damaged or message.away)
        found.append(
            Line(
                id=row.id,
                url=address.replace(str(SAMPLE), str(row.id)),
                unread=row.read_at is None,
                name=name,
                form=row.form.name if plain else "",
                text=message.preview if plain else damaged if message.damaged else away,
                choose=choose % {"name": name},
                moment=moment.isoformat(timespec="seconds"),
                day=days[day],
            )
        )
    return found
