"""Amazon's clients, one of each per process: the only module that imports boto3 (promise 14)."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings

if TYPE_CHECKING:
    from types_boto3_kms import KMSClient
    from types_boto3_s3 import S3Client

REGION = "eu-west-1"


@functools.cache
def s3() -> S3Client:
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


@functools.cache
def kms() -> KMSClient:
    """Return this process's KMS client; short time-outs, because a person waits for it."""
    return boto3.client(
        "kms",
        region_name=REGION,
        endpoint_url=settings.AWS_KMS_ENDPOINT_URL or None,
        config=Config(connect_timeout=2, read_timeout=5, retries={"max_attempts": 3, "mode": "standard"}),
    )


@functools.cache
def ses() -> Any:
    """Return this process's client of the mail service (sending itself goes through Anymail)."""
    return boto3.client(
        "sesv2",
        region_name=REGION,
        endpoint_url=settings.AWS_SES_ENDPOINT_URL or None,
        config=Config(connect_timeout=3, read_timeout=30, retries={"total_max_attempts": 1}),
    )


__all__ = ["REGION", "BotoCoreError", "ClientError", "kms", "s3", "ses"]
