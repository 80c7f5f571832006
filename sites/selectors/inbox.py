"""Reads of the inbox: pages by keyset, counts, one message, and the only place where stored answers become words."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Count, Q, QuerySet
from django.db.models.functions import TruncDate
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from sites.models import Form, Submission, Upload
from sites.selectors.sealed import open_content
from sites.selectors.search import Filter, matching
from sites.selectors.shown import COUNTED, shown, within
from webanizr.core import vault

PAGE = 50
PREVIEW = 160  # characters
# Marks that turn the direction of what follows: a stranger's "gpj.exe" would read "exe.jpg". Languages that run from
# right to left need none of them. Stored answers keep them.
DIRECTIONS = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])


@dataclass(frozen=True)
class SentFile:
    """A file that went along: its own number, its name, bytes, and suffix ("pdf")."""

    id: str
    name: str
    size: int
    kind: str


@dataclass(frozen=True)
class Answer:
    """One answer: the question as it was asked, the answer in words, and what it was asked for."""

    id: str
    label: str
    text: str
    purpose: str = ""
    type: str = ""
    files: Sequence[SentFile] = ()


@dataclass(frozen=True)
class Message:
    """A submission that was opened. `damaged`: it can't be; `away`: not just now. The rest still shows."""

    row: Submission
    answers: Sequence[Answer] = ()
    damaged: bool = False
    away: bool = False

    @property
    def sender(self) -> str:
        """Return who wrote, as far as the answers tell."""
        for kinds in (("short_text",), ("email",)):
            for answer in self.answers:
                if answer.type in kinds and answer.text:
                    return answer.text
        return _("Somebody")

    @property
    def email(self) -> str:
        """Return the first e-mail address, to reply to."""
        return next((answer.text for answer in self.answers if answer.type == "email" and answer.text), "")

    @property
    def preview(self) -> str:
        """Return the first words of the longest answer."""
        texts = [answer.text for answer in self.answers if answer.type == "long_text"] or [
            a.text for a in self.answers[1:]
        ]
        return " ".join(max(texts, key=len, default="").split())[:PREVIEW]


@dataclass(frozen=True)
class Listing:
    """A page of the inbox and the way to the next one."""

    messages: list[Message]
    newer: str = ""
    older: str = ""


def words(value: Any) -> str:
    """Return an answer in words."""
    if isinstance(value, str):
        return value.translate(DIRECTIONS)
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, list):
        return ", ".join(file.name for file in files(value)) or ", ".join(str(each) for each in value)
    return str(value)


def files(value: Any) -> list[SentFile]:
    """Return the files that an answer names; none for an answer of another kind."""
    if not isinstance(value, list) or not all(isinstance(each, dict) and "file" in each for each in value):
        return []
    return [SentFile(each["file"], each["name"], each["size"], each["kind"]) for each in value]


def open_message(row: Submission) -> Message:
    """Return a submission with its answers in words; one that can't be opened says so instead of failing.

    Raises vault.Forbidden in a process that may not open it.
    """
    try:
        content = open_content(row)
        answers = [
            Answer(
                id=asked["id"],
                label=asked["label"],
                text=words(content["values"].get(asked["id"])),
                purpose=asked.get("purpose", ""),
                type=asked["type"],
                files=files(content["values"].get(asked["id"])),
            )
            for asked in content["fields"]
        ]
    except vault.Unavailable:
        return Message(row, away=True)
    except (vault.Unreadable, KeyError, TypeError, AttributeError):
        return Message(row, damaged=True)
    return Message(row, answers)


def submissions(chosen: Filter) -> QuerySet[Submission]:
    """Return the current account's submissions that a filter names, newest first."""
    # fetched by themselves: a page's messages share one or two keys and a form
    rows = Submission.objects.prefetch_related("intake_key").order_by("-received_at", "-id")
    if chosen.form is not None:
        rows = rows.filter(form_id=chosen.form)
    rows = matching(rows, chosen)
    if chosen.folder == "everywhere":
        return rows
    if chosen.folder == "trash":
        return rows.filter(deleted_at__isnull=False)
    rows = rows.filter(deleted_at=None)
    if chosen.folder == "quarantine":
        return rows.filter(quarantined=True)
    rows = rows.filter(quarantined=False)
    return rows.filter(read_at=None) if chosen.folder == "unread" else rows


def _cursor(row: Submission) -> str:
    return f"{row.received_at.timestamp():.6f}_{row.id.hex}"


def position(cursor: str) -> tuple[datetime, uuid.UUID]:
    """Return the place a cursor names; raises Http404 for a made-up one."""
    moment, _underscore, key = cursor.partition("_")
    try:
        return datetime.fromtimestamp(float(moment), tz=timezone.get_current_timezone()), uuid.UUID(hex=key)
    except (ValueError, OverflowError, OSError):
        raise Http404 from None


def listing(chosen: Filter, *, before: str = "", after: str = "", size: int = PAGE) -> Listing:
    """Return one page, in a fixed number of queries.

    Args: before, after: cursors of `Listing.older` and `Listing.newer`.
    """
    rows = within(submissions(chosen), chosen.folder).prefetch_related("form")
    if after:
        moment, key = position(after)
        later = rows.filter(Q(received_at__gt=moment) | Q(received_at=moment, id__gt=key))
        found = list(reversed(later.order_by("received_at", "id")[: size + 1]))
        more, found = len(found) > size, found[-size:]
        return Listing(
            [open_message(row) for row in found],
            newer=_cursor(found[0]) if more and found else "",
            older=_cursor(found[-1]) if found else "",
        )
    if before:
        moment, key = position(before)
        rows = rows.filter(received_at__lte=moment).filter(Q(received_at__lt=moment) | Q(id__lt=key))
    found = list(rows[: size + 1])
    more, found = len(found) > size, found[:size]
    return Listing(
        [open_message(row) for row in found],
        newer=_cursor(found[0]) if before and found else "",
        older=_cursor(found[-1]) if more else "",
    )


def access_submission(submission_id: uuid.UUID) -> Submission:
    """Return a submission of the current account; raises Http404."""
    found = Submission.objects.select_related("form", "site", "intake_key").filter(id=submission_id).first()
    if found is None:
        raise Http404
    return found


def access_upload(submission_id: uuid.UUID, file_id: uuid.UUID) -> tuple[Upload, SentFile]:
    """Return a file of a submission of the current account, and what it is called; raises Http404."""
    found = Upload.objects.select_related("intake_key").filter(submission_id=submission_id, id=file_id).first()
    if found is not None:
        for answer in open_message(access_submission(submission_id)).answers:
            for file in answer.files:
                if file.id == str(file_id):
                    return found, file
    raise Http404


def neighbours(row: Submission) -> tuple[uuid.UUID | None, uuid.UUID | None]:
    """Return the ids of the (newer, older) message in the inbox."""
    rows = within(submissions(Filter()), "all")
    newer = rows.filter(Q(received_at__gt=row.received_at) | Q(received_at=row.received_at, id__gt=row.id))
    older = rows.filter(received_at__lte=row.received_at).filter(Q(received_at__lt=row.received_at) | Q(id__lt=row.id))
    return (
        newer.order_by("received_at", "id").values_list("id", flat=True).first(),
        older.values_list("id", flat=True).first(),
    )


def forms() -> list[Form]:
    """Return the account's forms."""
    return list(Form.objects.filter(deleted_at=None).order_by("created_at"))


# Counting stops at COUNTED: "999+" says enough, and a hundred thousand would be felt on every page.
_UNREAD = "read_at IS NULL AND deleted_at IS NULL AND NOT quarantined"
_COUNT = f"SELECT count(*) FROM (SELECT FROM sites_submission WHERE {{}} LIMIT {COUNTED}) counted"  # noqa: S608  # ours


def unread_count() -> int:
    """Return how many messages wait unread, COUNTED at most."""
    return _counted(_UNREAD + _since())[0]


def _since() -> str:
    """Return the condition that leaves out what the plan doesn't show."""
    since = shown().since
    return f" AND received_at >= '{since.isoformat()}'" if since is not None else ""


def counts() -> dict[str, int]:
    """Return the numbers beside the folders, COUNTED at most each, in one query."""
    unread, trash, quarantine = _counted(
        _UNREAD + _since(), "deleted_at IS NOT NULL", "quarantined AND deleted_at IS NULL" + _since()
    )
    return {"unread": unread, "trash": trash, "quarantine": quarantine}


def _counted(*conditions: str) -> tuple[int, ...]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(f'({_COUNT.format(each)})' for each in conditions)}")  # ours
        return tuple(cursor.fetchone())


def per_day(days: int = 30, *, now: datetime | None = None) -> list[tuple[datetime, int]]:
    """Return (day, number of messages) of the last `days` days, oldest first; tests are not counted."""
    today = timezone.localtime(now or timezone.now()).replace(hour=0, minute=0, second=0, microsecond=0)
    start = today - timedelta(days=days - 1)
    found = dict(
        Submission.objects.filter(received_at__gte=start, quarantined=False, is_test=False)
        .annotate(day=TruncDate("received_at"))
        .values_list("day")
        .annotate(n=Count("id"))
    )
    every = [start + timedelta(days=number) for number in range(days)]
    return [(day, int(found.get(day.date(), 0))) for day in every]


def batch(chosen: Filter, *, after: tuple[datetime, uuid.UUID] | None, size: int) -> QuerySet[Submission]:
    """Return the next `size` submissions in order of arrival: for exports, which hold one batch at a time."""
    rows = submissions(chosen).order_by("received_at", "id")
    if after is not None:
        moment, key = after
        rows = rows.filter(received_at__gte=moment).filter(Q(received_at__gt=moment) | Q(id__gt=key))
    return rows[:size]
