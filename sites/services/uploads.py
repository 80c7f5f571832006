"""Files of visitors: where they are, opening one, deleting them for good, and how much a website may still take."""

from __future__ import annotations

import unicodedata
import uuid
from datetime import UTC, datetime, timedelta

from django.db.models import Sum

from billing.selectors import limits_of
from sites.fields.kept import SECONDS
from sites.models import Domain, Upload
from sites.selectors.sealed import open_key
from webanizr.core import storage, tenancy, vault

PENDING = "pending/"
LONGEST_NAME = 120


def key_of(account_id: uuid.UUID, file_id: uuid.UUID) -> str:
    """Return the storage key of a sealed file."""
    return f"uploads/{account_id}/{file_id}"


def pending_key(account_id: uuid.UUID, file_id: uuid.UUID, *, now: datetime) -> str:
    """Return the key of a file's mark: without a submission it is deleted some hours later."""
    return f"{PENDING}{now.astimezone(UTC):%Y%m%d%H}/{account_id}/{file_id}"


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


def follow_limits() -> None:
    """Tell the hosting service how large a file it may take for the current account: its plan, and the room left."""
    account_id = tenancy.current_account_id()
    limits = limits_of(account_id)
    used = Upload.objects.aggregate(bytes=Sum("size"))["bytes"] or 0
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
        if not account or not file:
            continue
        with tenancy.tenant(account):
            kept = Upload.objects.filter(id=file).exists()
        if not kept:
            storage.delete(key_of(uuid.UUID(account), uuid.UUID(file)))
            swept += 1
        storage.delete(mark)
    return swept
