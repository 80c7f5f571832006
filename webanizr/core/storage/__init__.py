"""Files, in S3. The region is Ireland (promises 14 and 15).

Only this package imports boto3 (`clients.py`); keys have a store of their own (`webanizr.core.vault`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import IO, Any, NoReturn

from django.conf import settings
from django.core.files.storage import Storage

from webanizr.core.storage.clients import REGION, BotoCoreError, ClientError
from webanizr.core.storage.clients import s3 as client

LEDGER = "ledger/"
UNLOCKED = ("ObjectLockConfigurationNotFoundError", "NotImplemented", "NoSuchBucket")
# what a store answers for a key it doesn't have, and for the mark that a deletion left
GONE = ("NoSuchKey", "NoSuchVersion", "404", "MethodNotAllowed", "405")


def bucket_of(key: str) -> str:
    """Return the bucket that holds a key, or all keys that begin with it."""
    return str(settings.LEDGER_BUCKET if key.startswith(LEDGER) else settings.S3_BUCKET)


class Missing(KeyError):
    """There is no object with that key."""


class Away(OSError):
    """The file store can't be reached just now, or is too busy: trying again later helps."""


@contextmanager
def reached() -> Iterator[None]:
    """Turn what only says that the store is away into `Away`; other refusals stay what they are."""
    try:
        yield
    except BotoCoreError as error:
        raise Away(type(error).__name__) from error
    except ClientError as error:
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if status >= 500 or status == 429:
            raise Away(f"{status}") from error
        raise


def put(key: str, data: bytes, *, content_type: str = "application/octet-stream") -> None:
    """Store `data` (bytes) under `key`, replacing what was there."""
    # Object Lock asks for a checksum; other S3 servers don't all know them
    checked: dict[str, Any] = {}
    if settings.LEDGER_LOCK and key.startswith(LEDGER):
        checked["ChecksumAlgorithm"] = "SHA256"
    with reached():
        client().put_object(Bucket=bucket_of(key), Key=key, Body=data, ContentType=content_type, **checked)


def put_stream(key: str, stream: IO[bytes], *, content_type: str = "application/octet-stream") -> None:
    """Store what `stream` yields without holding it whole in memory."""
    with reached():
        client().upload_fileobj(stream, bucket_of(key), key, ExtraArgs={"ContentType": content_type})


def get(key: str, *, version: str = "") -> bytes:
    """Return the object's bytes; raises Missing, Away."""
    return b"".join(stream(key, version=version))


def stream(key: str, *, version: str = "", chunk: int = 1 << 16) -> Iterator[bytes]:
    """Yield the object's bytes in chunks; raises Missing, Away. Args: version: an older one, as `versions` names it."""
    with reached():
        try:
            which: dict[str, Any] = {"VersionId": version} if version else {}
            body = client().get_object(Bucket=bucket_of(key), Key=key, **which)["Body"]
        except ClientError as error:
            if error.response["Error"]["Code"] in GONE:
                raise Missing(key) from error
            raise
        yield from body.iter_chunks(chunk)


def delete(*keys: str) -> None:
    """Delete objects; those that don't exist are no error. Raises OSError when one is refused."""
    for at in range(0, len(keys), 1000):
        delete_versions([(key, "") for key in keys[at : at + 1000]])


def keys(prefix: str, *, after: str = "") -> Iterator[str]:
    """Yield every key that starts with `prefix`, those after `after` where it is given."""
    paginator = client().get_paginator("list_objects_v2")
    for page in _reaching(paginator.paginate(Bucket=bucket_of(prefix), Prefix=prefix, StartAfter=after)):
        for item in page.get("Contents", ()):
            if item["Key"] > after:  # not every S3 knows StartAfter
                yield item["Key"]


def versions(prefix: str) -> Iterator[tuple[str, str]]:
    """Yield (key, version) of every version and deletion mark below `prefix`; version "" where none are kept."""
    seen = False
    try:
        paginator = client().get_paginator("list_object_versions")
        for page in paginator.paginate(Bucket=bucket_of(prefix), Prefix=prefix):
            for item in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
                seen = True
                version = item.get("VersionId") or ""
                yield item["Key"], "" if version == "null" else version
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("NotImplemented", "MethodNotAllowed"):
            with reached():
                raise
    if not seen:  # a store that keeps no versions may answer with nothing, or not know the question
        for key in keys(prefix):
            yield key, ""


def delete_versions(found: Sequence[tuple[str, str]]) -> None:
    """Delete at most 1,000 versions ("": the object itself) of one bucket for good.

    Raises OSError when one is refused.
    """
    if not found:
        return
    objects: list[Any] = [{"Key": key} | ({"VersionId": version} if version else {}) for key, version in found]
    with reached():
        answer = client().delete_objects(Bucket=bucket_of(found[0][0]), Delete={"Objects": objects, "Quiet": True})
    if answer.get("Errors"):
        raise OSError(f"{len(answer['Errors'])} objects were not deleted: {answer['Errors'][0].get('Code')}")


def _reaching(pages: Any) -> Iterator[Any]:
    with reached():
        yield from pages


def ledger_lock() -> int:
    """Return for how many days nobody, not even an administrator, can change what is below ledger/; 0: they can.

    Raises Away.
    """
    with reached():
        try:
            answer = client().get_object_lock_configuration(Bucket=settings.LEDGER_BUCKET)
        except ClientError as error:
            if error.response["Error"]["Code"] in UNLOCKED:
                return 0
            raise
    found: Any = answer.get("ObjectLockConfiguration", {})
    kept = found.get("Rule", {}).get("DefaultRetention", {})
    if found.get("ObjectLockEnabled") != "Enabled" or kept.get("Mode") != "COMPLIANCE":
        return 0
    return int(kept.get("Days") or 0) + 365 * int(kept.get("Years") or 0)


def ensure_bucket() -> None:
    """Make the bucket where it is missing: local runs and tests only; production's is made by infra/."""
    try:
        client().head_bucket(Bucket=settings.S3_BUCKET)
    except ClientError:
        client().create_bucket(Bucket=settings.S3_BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})


class NoDefaultStorage(Storage):
    """Django's default storage is not used: a model's FileField would hide where a file goes."""

    def _refuse(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise NotImplementedError("Files go through webanizr.core.storage.")

    _open = _save = delete = exists = url = _refuse


__all__ = [
    "REGION",
    "Away",
    "ClientError",
    "Missing",
    "NoDefaultStorage",
    "client",
    "delete",
    "ensure_bucket",
    "get",
    "keys",
    "ledger_lock",
    "put",
    "put_stream",
    "stream",
]
