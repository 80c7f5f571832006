"""Files, in S3 through boto3: the only module that imports it. The region is Ireland (promises 14 and 15)."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING, Any, NoReturn

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from django.conf import settings
from django.core.files.storage import Storage

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

REGION = "eu-west-1"


class Missing(KeyError):
    """There is no object with that key."""


@functools.cache
def client() -> S3Client:
    """Return this process's S3 client (boto3 clients may be shared by threads)."""
    return boto3.client(
        "s3",
        region_name=REGION,
        endpoint_url=settings.AWS_S3_ENDPOINT_URL or None,
        config=Config(
            connect_timeout=2,
            read_timeout=30,
            retries={"max_attempts": 3, "mode": "standard"},
            s3={"addressing_style": "path"} if settings.AWS_S3_ENDPOINT_URL else {},
            # S3-compatible servers don't all know the newer default checksums
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )


def put(key: str, data: bytes, *, content_type: str = "application/octet-stream") -> None:
    """Store `data` (bytes) under `key`, replacing what was there."""
    client().put_object(Bucket=settings.S3_BUCKET, Key=key, Body=data, ContentType=content_type)


def put_stream(key: str, stream: IO[bytes], *, content_type: str = "application/octet-stream") -> None:
    """Store what `stream` yields without holding it whole in memory."""
    client().upload_fileobj(stream, settings.S3_BUCKET, key, ExtraArgs={"ContentType": content_type})


def get(key: str) -> bytes:
    """Return the object's bytes; raises Missing."""
    return b"".join(stream(key))


def stream(key: str, *, chunk: int = 1 << 16) -> Iterator[bytes]:
    """Yield the object's bytes in chunks; raises Missing."""
    try:
        body = client().get_object(Bucket=settings.S3_BUCKET, Key=key)["Body"]
    except ClientError as error:
        if error.response["Error"]["Code"] in ("NoSuchKey", "404"):
            raise Missing(key) from error
        raise
    yield from body.iter_chunks(chunk)


def delete(*keys: str) -> None:
    """Delete objects; those that don't exist are no error."""
    for at in range(0, len(keys), 1000):
        client().delete_objects(
            Bucket=settings.S3_BUCKET,
            Delete={"Objects": [{"Key": key} for key in keys[at : at + 1000]], "Quiet": True},
        )


def keys(prefix: str) -> Iterator[str]:
    """Yield every key that starts with `prefix`."""
    pages = client().get_paginator("list_objects_v2").paginate(Bucket=settings.S3_BUCKET, Prefix=prefix)
    for page in pages:
        for item in page.get("Contents", ()):
            yield item["Key"]


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
