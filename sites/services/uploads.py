"""Files of visitors: where they are, opening one, deleting them for good, and how much a website may still take."""

from __future__ import annotations

import unicodedata
import uuid
from datetime import UTC, datetime, timedelta

from django.db.models import Sum
from django.utils import timezone

from billing.selectors import limits_of
from sites.fields.kept import SECONDS
from sites.models import Asset, Domain, Upload
from sites.selectors.sealed import open_key
from webanizr.core import storage, tenancy, vault

PENDING = "pending/"
LONGEST_NAME = 120


def key_of(account_id: uuid.UUID, file_id: uuid.UUID) -> str:
    """Return the storage key of a sealed file."""
    return f"uploads/{account_id}/{file_id}"


def pending_key(account_id: uuid.UUID, file_id: uuid.UUID, *, size: int, now: datetime) -> str:
    """Return the key of a file's mark: without a submission it is deleted some hours later. Args: size: bytes."""
    return f"{_pending_hour(now)}{account_id}/{file_id}.{size}"


def _pending_hour(moment: datetime) -> str:
    return f"{PENDING}{moment.astimezone(UTC):%Y%m%d%H}/"


def bound_of(*, account_id: uuid.UUID, site_id: uuid.UUID, file_id: uuid.UUID) -> bytes:
    """Return what a sealed file is bound to: moved to another account, website or name it can't be opened."""
    return b"upload" + account_id.bytes + site_id.bytes + file_id.bytes


def file_name(given: str) -> str:
    """Return a file's name that is safe to show and to save: no directories, no control characters, not endless."""
    name = given.replace("\\", "/").rpartition("/")[2]
    name = "".join(char for char in unicodedata.normalize("NFC", name) if unicodedata.category(char)[0] != "C")
    stem, dot, suffix = name.strip().rpartition(".")
    return f"{stem[: LONGEST_NAME - len(suffix) - 1]}{dot}{suffix}"[-LONGEST_NAME:]


def open_file(upload: Upload) -> bytes:
    """Return a file's bytes, opened whole: a damaged one raises before anything of it is shown.

    Raises vault.VaultError, storage.Missing.
    """
    bound = bound_of(account_id=upload.account_id, site_id=upload.site_id, file_id=upload.id)
    stored = storage.stream(key_of(upload.account_id, upload.id))
    return b"".join(vault.open_stream(stored, key=open_key(upload.intake_key).secret, bound=bound))


def stored_bytes() -> int:
    """Return how much the current account's files take: what visitors sent, and pictures in every width."""
    sent = Upload.objects.aggregate(bytes=Sum("size"))["bytes"] or 0
    pictures = Asset.objects.values_list("variants", flat=True)
    return sent + sum(int(each.get("bytes", 0)) for variants in pictures for each in variants)


def pending_bytes(account_id: uuid.UUID, *, now: datetime) -> int:
    """Return how much the files take that visitors chose and didn't send yet. Raises storage.Away."""
    waiting: dict[uuid.UUID, int] = {}
    for hours in range(SECONDS // 3600 + 3):
        for mark in storage.keys(f"{_pending_hour(now - timedelta(hours=hours))}{account_id}/"):
            file, _dot, size = mark.rpartition("/")[2].partition(".")
            waiting[uuid.UUID(file)] = int(size or 0)
    sent = set(Upload.objects.filter(id__in=list(waiting)).values_list("id", flat=True))
    return sum(size for file, size in waiting.items() if file not in sent)


def follow_limits(*, now: datetime | None = None, pending: int | None = None) -> None:
    """Tell the hosting service how large a file it may take for the current account: its plan, and the room left.

    Args: pending: bytes of the files that wait to be sent, where storage shouldn't be asked. Raises storage.Away.
    """
    account_id = tenancy.current_account_id()
    limits = limits_of(account_id)
    waiting = pending_bytes(account_id, now=now or timezone.now()) if pending is None else pending
    used = stored_bytes() + waiting
    allowed = max(0, min(limits.upload_bytes, limits.storage_bytes - used))
    Domain.objects.filter(account_id=account_id).exclude(upload_bytes=allowed).update(upload_bytes=allowed)


def discard(file_ids: list[uuid.UUID]) -> None:
    """Delete the files of rows that are gone (the database asks for it); twice is the same as once."""
    account_id = tenancy.current_account_id()
    left = set(Upload.objects.filter(id__in=file_ids).values_list("id", flat=True))
    storage.delete(*(key_of(account_id, each) for each in file_ids if each not in left))


def sweep_pending(*, now: datetime) -> int:
    """Delete files that were chosen but never sent, and all marks that are old; return how many files went."""
    before = f"{PENDING}{(now - timedelta(seconds=SECONDS, hours=2)).astimezone(UTC):%Y%m%d%H}/"
    swept = 0
    for mark in storage.keys(PENDING):
        if mark >= before:
            continue
        _prefix, _hour, account, file = (mark.split("/") + [""] * 4)[:4]
        file = file.partition(".")[0]  # its size is behind it
        if not account or not file:
            continue
        with tenancy.tenant(account):
            kept = Upload.objects.filter(id=file).exists()
        if not kept:
            storage.delete(key_of(uuid.UUID(account), uuid.UUID(file)))
            swept += 1
        storage.delete(mark)
    return swept
