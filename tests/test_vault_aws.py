"""The vault on AWS: KMS wraps, a bucket without versioning keeps. Against an HTTP server that answers as AWS does."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.test import override_settings
from moto.server import ThreadedMotoServer

from privacy.erasure import certificate
from sites.models import IntakeKey, SiteKey
from sites.selectors.inbox import open_message
from tests import cast
from webanizr.core import tenancy, vault
from webanizr.core.models import Alarm
from webanizr.core.storage import clients
from webanizr.core.vault import keys, keystore, records, signing, wrapping

pytestmark = pytest.mark.django_db

ACCOUNT = uuid.UUID(int=1)
BUCKET = "webanizr-keys"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    running = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    yield f"http://{host}:{port}"
    running.stop()


def forget() -> None:
    """Forget clients and keys, as another process would start."""
    clients.kms.cache_clear()
    clients.s3.cache_clear()
    keys.forget()
    records.forget_keys()


@pytest.fixture
def aws(server: str) -> Iterator[str]:
    """KMS and the key bucket instead of file and directory; yields the key's ARN."""
    with override_settings(AWS_KMS_ENDPOINT_URL=server, AWS_S3_ENDPOINT_URL=server, KEY_BUCKET=BUCKET):
        forget()
        arn = clients.kms().create_key()["KeyMetadata"]["Arn"]
        clients.s3().create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        with override_settings(KMS_KEY=arn, WRAPPING_KEY_FILE=""):
            yield arn
        for page in clients.s3().get_paginator("list_object_versions").paginate(Bucket=BUCKET):
            for each in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
                clients.s3().delete_object(Bucket=BUCKET, Key=each["Key"], VersionId=each["VersionId"])
        clients.s3().delete_bucket(Bucket=BUCKET)
    forget()


def test_certificates_are_signed_by_a_key_that_never_leaves_kms(server: str) -> None:
    with override_settings(AWS_KMS_ENDPOINT_URL=server):
        clients.kms.cache_clear()
        made = clients.kms().create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["Arn"]
        with override_settings(CERTIFICATE_KMS_KEY=made):
            content = {"reference": "W-23456", "steps": ["x" * 5000]}
            signature = certificate.sign(content)
            assert certificate.algorithm() == signing.ECDSA
            assert certificate.is_valid(content, signature)
            assert not certificate.is_valid(content | {"reference": "W-OTHER"}, signature)
            assert not certificate.is_valid(content, "AAAA")
            assert "BEGIN PUBLIC KEY" in certificate.public_pem()
        symmetric = clients.kms().create_key()["KeyMetadata"]["Arn"]
        with override_settings(CERTIFICATE_KMS_KEY=symmetric), pytest.raises(vault.VaultError):
            certificate.sign({})
    clients.kms.cache_clear()
    away = override_settings(AWS_KMS_ENDPOINT_URL="http://127.0.0.1:1", CERTIFICATE_KMS_KEY=made)
    with away, pytest.raises(vault.Unavailable):  # the step is tried again later
        certificate.sign({})
    clients.kms.cache_clear()


def test_a_file_signs_and_its_public_half_only_checks(tmp_path: Path) -> None:
    key = Ed25519PrivateKey.generate()
    encoding = serialization.Encoding.PEM
    both = tmp_path / "private.pem", tmp_path / "public.pem"
    no_lock = serialization.NoEncryption()
    both[0].write_bytes(key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, no_lock))
    both[1].write_bytes(key.public_key().public_bytes(encoding, serialization.PublicFormat.SubjectPublicKeyInfo))
    content = {"reference": "W-23456"}
    with override_settings(CERTIFICATE_KEY_FILE=str(both[0])):  # the eraser
        signature = certificate.sign(content)
        assert certificate.algorithm() == "Ed25519"
    with override_settings(CERTIFICATE_KEY_FILE=str(both[1])):  # the app
        assert certificate.is_valid(content, signature)
        with pytest.raises(vault.Forbidden):
            certificate.sign(content)
    assert not certificate.is_valid(content, signature), "another key"


def stored() -> list[str]:
    return list(keystore.store().names(ACCOUNT))


def test_a_key_is_wrapped_kept_and_unwrapped(aws: str) -> None:
    with tenancy.tenant(ACCOUNT):
        pair = vault.make_pair(ACCOUNT)
        assert stored() == [f"{ACCOUNT}/{pair.id}"]
        wrapped = keystore.store().get(stored()[0])
        assert wrapped.startswith(wrapping.BY_KMS)
        private = keys.private_key(ACCOUNT, pair.id)
        assert bytes(private.public_key) == pair.public
        assert bytes(private) not in wrapped


def test_the_context_is_the_account_and_nothing_else(aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """AWS writes it into its log, in the open."""
    seen: list[dict[str, Any]] = []
    clients.kms().meta.events.register(
        "provide-client-params.kms.Encrypt", lambda params, **_: seen.append(params["EncryptionContext"])
    )
    vault.make_pair(ACCOUNT)
    assert seen == [{"account": str(ACCOUNT)}]


def test_another_account_can_not_unwrap_it(aws: str) -> None:
    pair, stranger = vault.make_pair(ACCOUNT), uuid.UUID(int=2)
    store = keystore.store()
    store.put(f"{stranger}/{pair.id}", store.get(f"{ACCOUNT}/{pair.id}"))
    with tenancy.tenant(stranger), pytest.raises(vault.Unreadable, match="wrapped key"):
        keys.private_key(stranger, pair.id)


def test_another_key_of_ours_does_not_unwrap_it(aws: str) -> None:
    pair = vault.make_pair(ACCOUNT)
    other = clients.kms().create_key()["KeyMetadata"]["Arn"]
    with override_settings(KMS_KEY=other), tenancy.tenant(ACCOUNT), pytest.raises(vault.VaultError):
        keys.private_key(ACCOUNT, pair.id)


def test_damaged_missing_and_foreign(aws: str) -> None:
    pair, store = vault.make_pair(ACCOUNT), keystore.store()
    name = f"{ACCOUNT}/{pair.id}"
    whole = store.get(name)
    with tenancy.tenant(ACCOUNT):
        store.put(name, cast.damaged(whole))
        with pytest.raises(vault.Unreadable):
            keys.private_key(ACCOUNT, pair.id)
        store.put(name, wrapping.BY_FILE + whole[2:])
        with pytest.raises(vault.Unreadable, match="wrapped by another key"):
            keys.private_key(ACCOUNT, pair.id)
        store.delete(name)
        with pytest.raises(vault.Unreadable, match="key missing"):
            keys.private_key(ACCOUNT, pair.id)
        store.delete(name)  # again is no error


class Refusing(BaseHTTPRequestHandler):
    """Answers every call as KMS does when it refuses."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        status, kind = self.server.refusal  # type: ignore[attr-defined]  # set by the test
        self.rfile.read(int(self.headers["Content-Length"]))
        body = json.dumps({"__type": kind, "message": "no"}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.mark.parametrize(
    ("status", "kind", "error"),
    [
        # what an operator can undo must not look like a loss
        (400, "DisabledException", vault.Unavailable),
        (400, "KMSInvalidStateException", vault.Unavailable),
        (500, "KMSInternalException", vault.Unavailable),
        (400, "AccessDeniedException", vault.Forbidden),
        (400, "InvalidCiphertextException", vault.Unreadable),
    ],
)
def test_what_kms_can_say(aws: str, status: int, kind: str, error: type[Exception]) -> None:
    pair = vault.make_pair(ACCOUNT)
    with ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as refusing:
        refusing.refusal = (status, kind)  # type: ignore[attr-defined]  # for the handler
        threading.Thread(target=refusing.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{refusing.server_address[1]}"
        with override_settings(AWS_KMS_ENDPOINT_URL=url), tenancy.tenant(ACCOUNT):
            forget()
            with pytest.raises(error):
                keys.private_key(ACCOUNT, pair.id)
        refusing.shutdown()
    forget()
    with tenancy.tenant(ACCOUNT):
        assert keys.private_key(ACCOUNT, pair.id)


def test_nobody_answers(aws: str) -> None:
    pair = vault.make_pair(ACCOUNT)
    gone = "http://127.0.0.1:9"  # nothing listens there
    for broken in ({"AWS_KMS_ENDPOINT_URL": gone}, {"AWS_S3_ENDPOINT_URL": gone}):
        with override_settings(**broken), tenancy.tenant(ACCOUNT):
            forget()
            with pytest.raises(vault.Unavailable):
                keys.private_key(ACCOUNT, pair.id)
        forget()


def test_destroying_leaves_no_version(aws: str) -> None:
    """The bucket has no versioning; if somebody switches it on, nothing may stay all the same."""
    clients.s3().put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    pair = vault.make_pair(ACCOUNT)
    name = f"{ACCOUNT}/{pair.id}"
    keystore.store().put(name, b"a second version")
    vault.destroy_pair(ACCOUNT, pair.id)
    left = clients.s3().list_object_versions(Bucket=BUCKET)
    assert left.get("Versions", []) + left.get("DeleteMarkers", []) == []


def test_all_keys_of_an_account_and_of_no_other(aws: str) -> None:
    vault.make_account_key(ACCOUNT)
    vault.make_pair(ACCOUNT)
    other = uuid.UUID(int=2)
    vault.make_pair(other)
    assert vault.destroy_account_keys(ACCOUNT) == 2
    assert stored() == []
    assert len(list(keystore.store().names(other))) == 1


@pytest.mark.django_db(transaction=True)
def test_from_site_to_inbox_and_a_lost_key(aws: str, as_role: Callable[[str], AbstractContextManager[Any]]) -> None:
    alice = cast.owner("Alice")
    site, _page, form = cast.site_of(alice)
    row = cast.send(as_role, site, form, name="Vera", message="Dag!")
    forget()
    assert "Vera" in alice.client.get("/inbox/").content.decode()
    with tenancy.tenant(site.account_id):
        pair = SiteKey.objects.get()
        assert IntakeKey.objects.get().pair_id == pair.id
    # the key service is away: nobody is told that the message is lost
    forget()
    with override_settings(AWS_KMS_ENDPOINT_URL="http://127.0.0.1:9"):
        page = alice.client.get("/inbox/").content.decode()
        assert "Vera" not in page
        assert "can't be opened just now" in page.replace("&#x27;", "'")
    forget()
    vault.destroy_pair(site.account_id, pair.id)
    records.forget_keys()
    page = alice.client.get("/inbox/").content.decode()
    assert "Unreadable message" in page
    assert "Vera" not in page
    with tenancy.tenant(site.account_id):
        assert list(Alarm.objects.values_list("code", "object_id")) == [("unreadable: key missing", row.id)]
        message = open_message(row.__class__.objects.select_related("intake_key").get(id=row.id))
    assert message.damaged
    assert json.dumps([answer.text for answer in message.answers]) == "[]"
