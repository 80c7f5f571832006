"""Where wrapped keys are kept: outside the database and its backups, so that deleting one is the end of it.

In production a bucket of its own without versioning (`KEY_BUCKET`), else a directory (`KEY_DIR`). Both hold one small
object per key, named `<account>/<key>`, written whole or not at all.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from django.conf import settings

from webanizr.core.storage.clients import BotoCoreError, ClientError, s3
from webanizr.core.vault.errors import Unavailable, Unreadable

GONE = ("NoSuchKey", "404")


class KeyStore(Protocol):
    """What a key store can do. Every method raises Unavailable when the store doesn't answer."""

    def put(self, name: str, wrapped: bytes) -> None:
        """Keep a wrapped key; returns once it is durable."""

    def get(self, name: str) -> bytes:
        """Return a wrapped key; raises Unreadable("key missing")."""

    def delete(self, name: str) -> None:
        """Delete a key for ever, and make sure that it is gone; one that isn't there is no error."""

    def names(self, account_id: uuid.UUID) -> Iterator[str]:
        """Yield the names of an account's keys."""


def store() -> KeyStore:
    """Return the key store that the settings name."""
    return Bucket(settings.KEY_BUCKET) if settings.KEY_BUCKET else Directory(Path(settings.KEY_DIR))


class Directory:
    """One file per key, readable for its owner alone."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def put(self, name: str, wrapped: bytes) -> None:
        """Write beside its place, make it durable, and move it there."""
        target = self.path / name
        try:
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=".new-")  # mode 0600
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(wrapped)
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(temporary, target)
            except BaseException:
                Path(temporary).unlink(missing_ok=True)
                raise
            directory = os.open(target.parent, os.O_RDONLY)
            try:
                os.fsync(directory)
            finally:
                os.close(directory)
        except OSError as error:
            raise Unavailable("key store") from error

    def get(self, name: str) -> bytes:
        """Read the file."""
        try:
            return (self.path / name).read_bytes()
        except FileNotFoundError as error:
            raise Unreadable("key missing") from error
        except OSError as error:
            raise Unavailable("key store") from error

    def delete(self, name: str) -> None:
        """Remove the file, and the account's directory with its last one."""
        try:
            (self.path / name).unlink(missing_ok=True)
        except OSError as error:
            raise Unavailable("key store") from error
        with contextlib.suppress(OSError):
            (self.path / name).parent.rmdir()

    def names(self, account_id: uuid.UUID) -> Iterator[str]:
        """List the account's directory."""
        folder = self.path / str(account_id)
        for file in sorted(folder.glob("[!.]*")) if folder.is_dir() else ():
            yield f"{account_id}/{file.name}"


class Bucket:
    """A bucket of S3. It must have no versioning: a version that stays is a key that stays."""

    def __init__(self, name: str) -> None:
        self.bucket = name

    def put(self, name: str, wrapped: bytes) -> None:
        """Store the object."""
        with _answers():
            s3().put_object(Bucket=self.bucket, Key=name, Body=wrapped)

    def get(self, name: str) -> bytes:
        """Fetch the object."""
        try:
            with _answers():
                return s3().get_object(Bucket=self.bucket, Key=name)["Body"].read()
        except LookupError as error:
            raise Unreadable("key missing") from error

    def delete(self, name: str) -> None:
        """Delete the object and whatever versions somebody's versioning has kept; look that nothing is left."""
        with _answers():
            s3().delete_object(Bucket=self.bucket, Key=name)
            for version in self._versions(name):
                s3().delete_object(Bucket=self.bucket, Key=name, VersionId=version)
            if list(self._versions(name)):
                raise Unavailable("key store kept a version")

    def _versions(self, name: str) -> Iterator[str]:
        if "Status" not in s3().get_bucket_versioning(Bucket=self.bucket):
            return
        pages = s3().get_paginator("list_object_versions").paginate(Bucket=self.bucket, Prefix=name)
        for page in pages:
            for found in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
                if found["Key"] == name:
                    yield found["VersionId"]

    def names(self, account_id: uuid.UUID) -> Iterator[str]:
        """List the account's prefix."""
        with _answers():
            pages = s3().get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=f"{account_id}/")
            found = [item["Key"] for page in pages for item in page.get("Contents", ())]
        yield from found


@contextlib.contextmanager
def _answers() -> Iterator[None]:
    """Turn what boto3 raises into LookupError (no such object) or Unavailable."""
    try:
        yield
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in GONE:
            raise LookupError from error
        raise Unavailable("key store") from error
    except BotoCoreError as error:
        raise Unavailable("key store") from error
